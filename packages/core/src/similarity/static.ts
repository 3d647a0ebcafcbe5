/**
 * Static neural similarity (method: §2, §3, §7): M is a weight of the layer, learned with the kernel, and folds
 * into the kernel for inference. `static-dns` has a diagonal of K values, `static-uns` a full K×K matrix.
 */

import { define } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { initializers } from '@tensorflow/tfjs-layers';
import * as v from 'valibot';
import type { Similarity, WeightInit } from '../parts';
import { strictOptions } from '../strict-options';

const version = '1.0.0';

export interface StaticDnsOptions {
  /** `identity`: M = I. `authors`: the main diagonal of a 3×3 window (eye(3)), as in their code. */
  readonly init: 'identity' | 'authors';
  /** λ of the penalty λ/2‖m‖², which pulls to zero; the authors' code has none. */
  readonly l2: number;
}

/** A diagonal m[K] as a weight of the layer. */
export function staticDns(options: StaticDnsOptions): Similarity {
  return Object.freeze<Similarity>({
    name: 'static-dns',
    version,
    options: { ...options },
    form: 'diagonal',
    source: 'parameter',
    weights: (g) => [
      {
        name: 'similarity',
        shape: [g.taps],
        init: options.init === 'identity' ? initializers.ones() : eyeDiagonal(g.kernelHeight, g.kernelWidth),
        role: 'similarity',
        l2: options.l2,
      },
    ],
    channels: () => 0,
    toM: (z) => z ?? null,
  });
}

/** 1 on the main diagonal of the window, 0 elsewhere: the start of the authors' code. */
const eyeDiagonal = (height: number, width: number): WeightInit => ({
  apply: () => tf.tidy(() => tf.reshape(tf.eye(height, width), [height * width])),
});

export interface StaticUnsOptions {
  readonly init: 'identity';
  /** λ of the penalty λ/2‖M‖², which pulls to zero, not to I; 5e-3 in the authors' code. */
  readonly l2: number;
}

/** A full matrix M[K,K] as a weight of the layer. */
export function staticUns(options: StaticUnsOptions): Similarity {
  return Object.freeze<Similarity>({
    name: 'static-uns',
    version,
    options: { ...options },
    form: 'full',
    source: 'parameter',
    weights: (g) => [
      {
        name: 'similarity',
        shape: [g.taps, g.taps],
        init: initializers.identity({ gain: 1 }),
        role: 'similarity',
        l2: options.l2,
      },
    ],
    channels: () => 0,
    toM: (z) => z ?? null,
  });
}

const l2 = (fallback: number) => v.optional(v.pipe(v.number(), v.minValue(0)), fallback);

export const staticDnsDefinition = define({
  kind: 'similarity',
  name: 'static-dns',
  version,
  summary: 'static diagonal similarity: K weights a layer, folds into the kernel',
  options: strictOptions({ init: v.optional(v.picklist(['identity', 'authors']), 'identity'), l2: l2(0) }),
  load: () => staticDns,
});

export const staticUnsDefinition = define({
  kind: 'similarity',
  name: 'static-uns',
  version,
  summary: 'static unconstrained similarity: K×K weights a layer, folds into the kernel',
  options: strictOptions({ init: v.optional(v.picklist(['identity']), 'identity'), l2: l2(5e-3) }),
  load: () => staticUns,
});
