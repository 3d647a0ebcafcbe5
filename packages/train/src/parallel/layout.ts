/** Every weight of a model one after another in one array: how weights and gradients travel between threads. */
import type { WeightInfo } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';

/** Where a weight lies. */
export interface Place {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly trainable: boolean;
  readonly from: number;
  readonly to: number;
}

export function layoutOf(weights: readonly WeightInfo[]): Place[] {
  let from = 0;
  return weights.map(({ name, variable, trainable }) => {
    const shape = variable.shape as number[];
    const place = { name, shape, dtype: variable.dtype as Place['dtype'], trainable, from };
    from += tf.util.sizeFromShape(shape);
    return { ...place, to: from };
  });
}

/** Values in all. */
export const lengthOf = (places: readonly Place[]) => places.at(-1)?.to ?? 0;

/** A weight's values, as a tensor of its own. */
export function tensorAt(flat: Float32Array, { from, to, shape, dtype }: Place): tf.Tensor {
  // A copy: engines keep the array they are given, and not all take shared memory.
  return tf.tensor(flat.slice(from, to), [...shape], dtype);
}

/** Gives weights the values of `flat`: fresh tensors, since tfjs-wasm keeps packed weights by tensor. */
export function writeWeights(
  weights: readonly WeightInfo[],
  places: readonly Place[],
  flat: Float32Array,
): void {
  for (const [index, place] of places.entries()) {
    const value = tensorAt(flat, place);
    weights[index]?.variable.write(value);
    value.dispose();
  }
}

/** Copies all weights into `flat`. */
export async function readWeights(
  weights: readonly WeightInfo[],
  places: readonly Place[],
  flat: Float32Array,
): Promise<void> {
  const values = await Promise.all(weights.map(({ variable }) => variable.read().data()));
  for (const [index, { from }] of places.entries()) flat.set(values[index] as Float32Array, from);
}

/** Images of a batch for rank `rank`: as equal as can be, the first ranks having one more. */
export function partOf(batchSize: number, rank: number, size: number): [from: number, to: number] {
  const [least, more] = [Math.floor(batchSize / size), batchSize % size];
  const from = rank * least + Math.min(rank, more);
  return [from, from + least + (rank < more ? 1 : 0)];
}
