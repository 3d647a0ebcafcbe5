/**
 * What turns an embedding into logits, with its start: a linear head x·W + b, or a cosine one (Baseline++ of Chen et al.
 * 2019) scale·g·cos(x, w) with a factor g a class, which starts at ‖w‖ and is learned, or is 1.
 */
import { random, streams } from '@neusim/datasets';
import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import { norm, unit } from './unit';

export type HeadForm =
  | { readonly kind: 'linear'; readonly start: LinearStart }
  | { readonly kind: 'cosine'; readonly scale: number; readonly norm: 'learned' | 'one' };

export type LinearStart = 'zeros' | 'uniform';

/** The entry of options for what a linear head begins with. */
export const linearStartEntry = {
  /**
   * `uniform`: draws, as of Chen et al. 2019. What was drawn across the few examples stays in the head and says nothing of the
   * task; from `zeros` the weights are made of examples alone.
   */
  linearStart: v.optional(v.picklist(['zeros', 'uniform']), 'zeros'),
};

/** The heads that methods offer by name: the cosine one is that of Baseline++. */
export const headOf = (kind: HeadForm['kind'], start: LinearStart): HeadForm =>
  kind === 'linear' ? { kind, start } : { kind, scale: 2, norm: 'learned' };

/** The numbers of a head, a class after the other. */
export interface HeadValues {
  /** [way,features] */
  readonly weights: Float32Array;
  /** [way]: the biases, or the factors g. */
  readonly perClass: Float32Array;
}

/**
 * Zeros, or weights and biases drawn from U(−1/√features, 1/√features), as PyTorch's linear layer starts. A class has a
 * stream of its own: one that is added leaves the others' start as it was.
 */
export function headStart(form: HeadForm, way: number, features: number, seed: number): HeadValues {
  const weights = new Float32Array(way * features);
  const perClass = new Float32Array(way);
  if (form.kind === 'linear' && form.start === 'zeros') return { weights, perClass };
  const bound = 1 / Math.sqrt(features);
  for (let label = 0; label < way; label++) {
    const next = random(seed, streams.headStart, label);
    const draw = () => bound * (next() / 2 ** 31 - 1);
    const own = weights.subarray(label * features, (label + 1) * features);
    for (let i = 0; i < features; i++) own[i] = draw();
    perClass[label] = form.kind === 'linear' ? draw() : form.norm === 'one' ? 1 : norm(own);
  }
  return { weights, perClass };
}

/**
 * Logits [n,way]; differentiable.
 * @param x [n,features]. @param weights [features,way]. @param perClass [way].
 */
export function headLogits(
  form: { readonly kind: 'linear' } | HeadForm,
  x: tf.Tensor2D,
  weights: tf.Tensor2D,
  perClass: tf.Tensor1D,
): tf.Tensor2D {
  return tf.tidy(() => {
    if (form.kind === 'linear') return tf.add(tf.matMul(x, weights), perClass);
    const cosine = tf.matMul(unit(x, 1), unit(weights, 0));
    return tf.mul(cosine, tf.mul(perClass, form.scale));
  });
}

/** Embeddings as a head reads them: rows of [n,features], for a cosine head of length 1. */
export async function embeddingRows(form: HeadForm, x: tf.Tensor): Promise<Float64Array[]> {
  const values = await x.data();
  const count = x.shape[0] as number;
  const features = values.length / count;
  return Array.from({ length: count }, (_, i) => {
    const row = Float64Array.from(values.subarray(i * features, (i + 1) * features));
    const length = form.kind === 'cosine' ? norm(row) : 1;
    return length === 1 ? row : row.map((value) => value / length);
  });
}

/**
 * The learning rate `auto`. By how far the embeddings are from each other, so that one factor serves any network: steps are
 * stable while rate times curvature stays below 2, and the curvature goes with the square of what sets examples apart. It is
 * 0.7/d for a linear head, 0.2/(scale²·d) for a cosine one, where d is the mean squared distance of the rows from their mean.
 * The factors are ours, measured on four networks.
 * @param rows as of `embeddingRows`.
 */
export function autoRate(form: HeadForm, rows: readonly Float64Array[]): number {
  let [square, distance] = [0, 0];
  for (let j = 0; j < rows[0]!.length; j++) {
    let [sum, squares] = [0, 0];
    for (const row of rows) {
      sum += row[j]!;
      squares += row[j]! ** 2;
    }
    square += squares / rows.length;
    distance += squares / rows.length - (sum / rows.length) ** 2;
  }
  // Of one example there is no distance, and of almost equal ones too little, as for the factor g of a cosine head: a share of their
  // length bounds it.
  const d = Math.max(distance, square / 10) || 1;
  return form.kind === 'linear' ? 0.7 / d : 0.2 / (form.scale ** 2 * d);
}

/** [n,…] as [n,features]. */
export const flatten = (x: tf.Tensor): tf.Tensor2D => tf.reshape(x, [x.shape[0] as number, -1]);
