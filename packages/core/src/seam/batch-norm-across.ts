/**
 * Batch norm with the statistics of a batch that several engines share, each with a part of it: what a layer of one
 * replica sees is then what it would see of the whole. Every replica tells the others its count, mean and sum of
 * squared deviations, and all combine them alike (Chan, Golub & LeVeque 1979); in the gradient, Σdy and Σdy·x̂. Other
 * means over a batch (`batchMean`) are taken in the same way.
 *
 * The exchange happens within a kernel, so the engine must be one whose data can be read at once (cpu, wasm), and the
 * replicas must run the same layers in the same order. First order only: a second would need an exchange of its own.
 */
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { withBatchMeanRule } from './batch-mean';
import { rows, withBatchNormRule } from './batch-norm';
import { runKernel, type SeamKernel } from './kernel';

/** Gives a replica's values to all, and returns those of every replica in an order that is the same for all. */
export type Gather = (own: Float64Array) => readonly Float64Array[];

let current: Gather | null = null;

/**
 * Runs `f` with every `batchNormTraining` and `batchMean` in it, and their gradients, taken over all replicas that call this at the same
 * time. A replica's loss is its share of the whole: the mean over its part, times its part of the whole batch.
 * @param gather blocks until every replica has given as many values.
 * @throws NeusimError BATCH_NORM_ENGINE on an engine whose data cannot be read at once, BATCH_NORM_SCOPE where a gradient
 *   is taken outside.
 */
export function withBatchNormAcross<T>(gather: Gather, f: () => T): T {
  const before = current;
  current = gather;
  try {
    return withBatchNormRule(
      (x, gamma, beta, epsilon) => runKernel(forward, { x, gamma, beta }, { epsilon }),
      () => withBatchMeanRule((values) => runKernel(mean, { values }, {})[0], f),
    );
  } finally {
    current = before;
  }
}

type T1 = tf.Tensor1D;
interface Attrs {
  readonly epsilon: number;
}

const forward: SeamKernel<{ x: tf.Tensor; gamma: T1; beta: T1 }, [tf.Tensor, T1, T1], Attrs> = {
  name: 'NeusimBatchNormAcross',
  inputs: ['x', 'gamma', 'beta'],
  savedOutputs: [false, true, true],
  shapes: ({ x, gamma }) => [x.shape, gamma.shape, gamma.shape],
  composed: ({ x, gamma, beta }, { epsilon }) => {
    const flat = rows(x);
    const own = tf.mean(flat, 0);
    const deviations = tf.sum(tf.squaredDifference(flat, own), 0);
    const [mean, variance] = combine(exchange(flat.shape[0], own, deviations)).map((values) =>
      tf.tensor1d(Float32Array.from(values)),
    ) as [T1, T1];
    const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)));
    return [tf.add(tf.mul(x, scale), tf.sub(beta, tf.mul(mean, scale))), mean, variance];
  },
  gradient: ([dy], { x, gamma }, attrs, saved) => {
    const [mean, variance] = saved as [T1, T1];
    const [dx, dgamma, dbeta] = runKernel(grad, { x, dy, gamma, mean, variance }, attrs);
    return { x: () => dx, gamma: () => dgamma, beta: () => dbeta };
  },
};

const grad: SeamKernel<
  { x: tf.Tensor; dy: tf.Tensor; gamma: T1; mean: T1; variance: T1 },
  [tf.Tensor, T1, T1],
  Attrs
> = {
  name: 'NeusimBatchNormAcrossGrad',
  inputs: ['x', 'dy', 'gamma', 'mean', 'variance'],
  shapes: ({ x, gamma }) => [x.shape, gamma.shape, gamma.shape],
  composed: ({ x, dy, gamma, mean, variance }, { epsilon }) => {
    const rstd = tf.rsqrt(tf.add(variance, epsilon));
    const normed = tf.mul(tf.sub(x, mean), rstd);
    // This replica's own: those of all add up to the whole's.
    const dbeta = tf.sum(rows(dy), 0) as T1;
    const dgamma = tf.sum(rows(tf.mul(dy, normed)), 0) as T1;
    const [meanDy, meanDyNormed] = means(exchange(rows(x).shape[0], dbeta, dgamma)).map((values) =>
      tf.tensor1d(Float32Array.from(values)),
    ) as [T1, T1];
    const centred = tf.sub(tf.sub(dy, meanDy), tf.mul(normed, meanDyNormed));
    return [tf.mul(centred, tf.mul(gamma, rstd)), dgamma, dbeta];
  },
};

const mean: SeamKernel<{ values: tf.Tensor }, [T1], object> = {
  name: 'NeusimBatchMeanAcross',
  inputs: ['values'],
  shapes: () => [[1]],
  composed: ({ values }) => {
    const sum = tf.reshape(tf.sum(values), [1]);
    const [of] = means(exchange(values.size, sum, sum));
    return [tf.tensor1d(Float32Array.from(of))];
  },
  gradient: ([dmean], { values }) => ({
    values: () => runKernel(meanGrad, { values, dmean }, {})[0],
  }),
};

const meanGrad: SeamKernel<{ values: tf.Tensor; dmean: T1 }, [tf.Tensor], object> = {
  name: 'NeusimBatchMeanAcrossGrad',
  inputs: ['values', 'dmean'],
  shapes: ({ values }) => [values.shape],
  composed: ({ values, dmean }) => {
    // Every replica's loss depends on the one mean.
    const [share] = means(exchange(values.size, dmean, dmean));
    return [tf.fill(values.shape, share[0] as number)];
  },
};

/** [count, first[C], second[C]] of every replica. */
function exchange(count: number, first: tf.Tensor, second: tf.Tensor): readonly Float64Array[] {
  if (!current)
    throw new NeusimError('BATCH_NORM_SCOPE', 'batch norm across replicas was left before its gradient', {
      hint: 'Take the gradients within withBatchNormAcross.',
    });
  return current(Float64Array.of(count, ...read(first), ...read(second)));
}

function read(values: tf.Tensor): Float32Array {
  try {
    return values.dataSync() as Float32Array;
  } catch (cause) {
    const engine = tf.getBackend();
    throw new NeusimError(
      'BATCH_NORM_ENGINE',
      `batch norm across replicas reads data at once, and ${engine} cannot; allowed: wasm, cpu`,
      { data: { engine }, hint: 'Take another engine, or leave syncBatchNorm off.', cause },
    );
  }
}

/** Mean and biased variance of all, from each replica's count, mean and sum of squared deviations. */
function combine(all: readonly Float64Array[]): [Float64Array, Float64Array] {
  const channels = ((all[0] as Float64Array).length - 1) / 2;
  const mean = new Float64Array(channels);
  const deviations = new Float64Array(channels);
  let count = 0;
  for (const each of all) {
    const own = each[0] as number;
    const share = own / (count + own);
    for (let c = 0; c < channels; c++) {
      const distance = (each[1 + c] as number) - (mean[c] as number);
      mean[c]! += distance * share;
      deviations[c]! += (each[1 + channels + c] as number) + distance * distance * count * share;
    }
    count += own;
  }
  return [mean, deviations.map((sum) => sum / count)];
}

/** Means over the whole batch of two quantities whose sums each replica has. */
function means(all: readonly Float64Array[]): [Float64Array, Float64Array] {
  const sums = (all[0] as Float64Array).map((_, i) =>
    all.reduce((sum, each) => sum + (each[i] as number), 0),
  );
  const [count] = sums;
  const half = (sums.length - 1) / 2 + 1;
  const mean = sums.map((sum) => sum / (count as number));
  return [mean.subarray(1, half), mean.subarray(half)];
}
