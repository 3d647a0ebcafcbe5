/**
 * What structured similarities share. A structure makes K×K matrices out of fewer, or freer, values; `static-…` takes
 * the values from a weight of the layer, `dynamic-…` from a predictor at every position. The paper leaves open which
 * constraints M may have besides diagonal and none (method: §7); the parametrisations here are ours, and M = I at the
 * start of each, exactly, with gradients that flow.
 */
import * as tf from '@tensorflow/tfjs-core';
import { initializers } from '@tensorflow/tfjs-layers';
import type { Similarity } from '../parts';
import { requireMemory } from '../seam/memory';

export interface StructureOptions {
  /** λ of the penalty λ/2‖z‖² of the weight z that M is made of; it pulls M to I. Default 0. */
  readonly l2: number;
}

/** The matrices that a structure can be. */
export interface Structure {
  /** Name of the similarity. */
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Shape of the values of one M. */
  shape(taps: number): readonly number[];
  /** M [N,K,K] of values [N,number of values]. */
  matrices(values: tf.Tensor2D, taps: number): tf.Tensor3D;
  /** Values at which M = I; default zeros. A weight starts at them, a prediction is added to them. */
  start?(taps: number): tf.Tensor;
  /** Multiply-adds of one M. */
  multiplyAdds(taps: number): number;
  /** Tensors of M's size that live while M is made; default 2. */
  readonly tensors?: number;
}

const version = '1.0.0';
const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

/** M made of a weight of the layer. It folds. */
export function staticStructure(structure: Structure, { l2 }: StructureOptions): Similarity {
  const { name, options, shape, start, matrices } = structure;
  return Object.freeze<Similarity>({
    name,
    version,
    options: { ...options, l2 },
    form: 'full',
    source: 'parameter',
    weights: ({ taps }) => [
      {
        name: 'similarity',
        shape: shape(taps),
        init: start ? { apply: () => start(taps) } : initializers.zeros(),
        role: 'similarity',
        l2,
      },
    ],
    channels: () => 0,
    toM: (z, { taps }) =>
      z
        ? tf.tidy(() => tf.reshape(matrices(tf.reshape(z, [1, sizeOf(shape(taps))]), taps), [taps, taps]))
        : null,
  });
}

/** M [B,H',W',K,K] made of what is predicted at each position. */
export function dynamicStructure(structure: Structure): Similarity {
  const { name, options, shape, start, matrices, tensors = 2 } = structure;
  const channels = (taps: number) => sizeOf(shape(taps));
  return Object.freeze<Similarity>({
    name,
    version,
    options: { ...options },
    form: 'full',
    source: 'predictor',
    weights: () => [],
    channels,
    multiplyAdds: structure.multiplyAdds,
    toM: (z, { taps }) => {
      if (!z) return null;
      const grid = z.shape.slice(0, 3) as [number, number, number];
      requireMemory('what M is made of', [tensors, ...grid, taps, taps]);
      return tf.tidy(() => {
        const values = tf.reshape(z, [sizeOf(grid), channels(taps)]) as tf.Tensor2D;
        const moved = start ? tf.add(values, tf.reshape(start(taps), [1, -1])) : values;
        return tf.reshape(matrices(moved as tf.Tensor2D, taps), [...grid, taps, taps]);
      });
    },
  });
}

/** Matrices in a batch that every engine multiplies: WebGPU has this many workgroups along one side of a dispatch. */
const MOST_MATRICES = 65535;

/**
 * Products that are multiplied and summed, up to this many multiply-adds: the kernels that tfjs has for few small matrices
 * on WebGPU take software adapters ten to hundreds of times as long.
 */
export const FEW = 16384;

/**
 * The products a[n]·b[n] of two batches [N,…,…] of small matrices; b transposed on demand.
 * @param most matrices that are multiplied at once.
 */
export function eachProduct(
  a: tf.Tensor3D,
  b: tf.Tensor3D,
  transposeB = false,
  most = MOST_MATRICES,
): tf.Tensor3D {
  const [count, rows] = a.shape;
  if (rows * b.size <= FEW) {
    const left = tf.expandDims(a, transposeB ? 2 : 3);
    return tf.sum(tf.mul(left, tf.expandDims(b, 1)), transposeB ? 3 : 2);
  }
  if (count <= most) return tf.matMul(a, b, false, transposeB);
  const parts = Array.from({ length: Math.ceil(count / most) }, (_, i) => {
    const [from, size] = [i * most, Math.min(most, count - i * most)];
    const part = (t: tf.Tensor3D) => tf.slice(t, [from, 0, 0], [size, t.shape[1], t.shape[2]]);
    return tf.matMul<tf.Tensor3D>(part(a), part(b), false, transposeB);
  });
  return tf.concat3d(parts, 0);
}

/** I [1,K,K], which adds to a batch of matrices. */
export const identityMatrix = (taps: number): tf.Tensor3D => tf.reshape(tf.eye(taps), [1, taps, taps]);
