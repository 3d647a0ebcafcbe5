/**
 * Dynamic neural similarity (method: §2, §4): a predictor gives z at every position of the layer's output, and
 * M = I + z, a diagonal of K values (`dynamic-dns`) or a full K×K matrix (`dynamic-uns`).
 */

import { define, noOptions } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import type { Similarity } from '../parts';
import { requireMemory } from '../seam/memory';

const version = '1.0.0';

/** M = diag(1 + z): [B,H',W',K] from z [B,H',W',K]. */
export function dynamicDns(): Similarity {
  return Object.freeze<Similarity>({
    name: 'dynamic-dns',
    version,
    options: {},
    form: 'diagonal',
    source: 'predictor',
    weights: () => [],
    channels: (taps) => taps,
    toM: (z) => {
      if (!z) return null;
      requireMemory('M', z.shape);
      return tf.add(z, 1);
    },
  });
}

/** M = I + Z: [B,H',W',K,K] from z [B,H',W',K·K], whose channel K·k + s is row k (kernel tap), column s. */
export function dynamicUns(): Similarity {
  return Object.freeze<Similarity>({
    name: 'dynamic-uns',
    version,
    options: {},
    form: 'full',
    source: 'predictor',
    weights: () => [],
    channels: (taps) => taps * taps,
    toM: (z, { taps }) => {
      if (!z) return null;
      requireMemory('M', z.shape);
      const [batch, height, width] = z.shape as [number, number, number];
      return tf.tidy(() => {
        const eye = tf.reshape(tf.eye(taps), [taps * taps]);
        return tf.reshape(tf.add(z, eye), [batch, height, width, taps, taps]);
      });
    },
  });
}

export const dynamicDnsDefinition = define({
  kind: 'similarity',
  name: 'dynamic-dns',
  version,
  summary: 'dynamic diagonal similarity: K values predicted at every position',
  options: noOptions,
  load: () => dynamicDns,
});

export const dynamicUnsDefinition = define({
  kind: 'similarity',
  name: 'dynamic-uns',
  version,
  summary: 'dynamic unconstrained similarity: a K×K matrix predicted at every position',
  options: noOptions,
  load: () => dynamicUns,
});
