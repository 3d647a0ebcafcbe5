import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { onEachEngineBut } from '../../../../tools/engines';
import { batchMean } from './batch-mean';
import { batchNormTraining } from './batch-norm';
import { type Gather, withBatchNormAcross } from './batch-norm-across';

/**
 * Replicas in one thread: each runs with what the others gave the last time, until nothing changes any more. Values
 * of a first exchange depend on a replica's own part alone, those of a second on the first, and so on.
 */
function together<T>(replicas: readonly (() => T)[], exchanges: number): T[] {
  let given: Float64Array[][] = replicas.map(() => []);
  let results: T[] = [];
  for (let pass = 0; pass <= exchanges; pass++) {
    const before = given;
    given = replicas.map(() => []);
    results = replicas.map((replica, rank) => {
      const gather: Gather = (own) => {
        const turn = (given[rank] as Float64Array[]).push(own) - 1;
        return before.map((each, other) => (other === rank ? own : (each[turn] ?? own)));
      };
      return withBatchNormAcross(gather, replica);
    });
  }
  return results;
}

/** Loss, dx, dγ, dβ of Σ w·y over a part, as a share of the whole. */
function gradients(x: tf.Tensor, gamma: tf.Tensor1D, beta: tf.Tensor1D, weights: tf.Tensor, share: number) {
  const f = (...[x, gamma, beta]: tf.Tensor[]) =>
    tf.mul(
      tf.mean(
        tf.mul(
          weights,
          tf.square(batchNormTraining(x as tf.Tensor, gamma as tf.Tensor1D, beta as tf.Tensor1D).y),
        ),
      ),
      share,
    );
  const { value, grads } = tf.valueAndGrads(f)([x, gamma, beta]);
  return [value, ...grads].map((t) => [...t.dataSync()]);
}

const add = (a: number[], b: number[]) => a.map((value, i) => value + (b[i] as number));
const close = (met: number[], wanted: number[]) => {
  const largest = Math.max(...wanted.map(Math.abs), 1e-6);
  for (const [i, value] of met.entries())
    expect(Math.abs(value - (wanted[i] as number)) / largest).toBeLessThan(2e-5);
};

onEachEngineBut('webgpu', 'batch norm across replicas', () => {
  test.each([
    [6, 2],
    [7, 3],
  ])('%i images, the first %i of them elsewhere: values, statistics and gradients of the whole', (n, cut) => {
    // A mean far from 0: sums of squares would lose what deviations keep.
    const x = tf.add(tf.randomNormal([n, 3, 2, 5], 0, 1, 'float32', 1), 30);
    const weights = tf.randomNormal([n, 3, 2, 5], 0, 1, 'float32', 2);
    const gamma = tf.tensor1d([1, 2, -1, 0.5, 3]);
    const beta = tf.tensor1d([0, 1, 2, -1, 0.1]);
    const parts = [
      [0, cut],
      [cut, n - cut],
    ] as const;
    const part = (t: tf.Tensor, [from, size]: readonly [number, number]) => tf.slice(t, from, size);

    const whole = batchNormTraining(x, gamma, beta);
    const outputs = together(
      parts.map((at) => () => batchNormTraining(part(x, at), gamma, beta)),
      1,
    );
    close(
      outputs.flatMap(({ y }) => [...y.dataSync()]),
      [...whole.y.dataSync()],
    );
    for (const { mean, variance } of outputs) {
      close([...mean.dataSync()], [...whole.mean.dataSync()]);
      close([...variance.dataSync()], [...whole.variance.dataSync()]);
    }

    const [loss, dx, dgamma, dbeta] = gradients(x, gamma, beta, weights, 1) as number[][];
    const [a, b] = together(
      parts.map((at) => () => gradients(part(x, at), gamma, beta, part(weights, at), at[1] / n)),
      2,
    ) as [number[][], number[][]];
    close(add(a[0]!, b[0]!), loss!);
    close([...a[1]!, ...b[1]!], dx!);
    close(add(a[2]!, b[2]!), dgamma!);
    close(add(a[3]!, b[3]!), dbeta!);
  });

  test('a mean of the whole, with the gradients that all of its losses have', () => {
    const x = tf.randomNormal([7, 3, 2, 1], 0, 1, 'float32', 4);
    const weights = tf.randomNormal([7, 3, 2, 1], 0, 1, 'float32', 5);
    const gradients = (x: tf.Tensor, weights: tf.Tensor, share: number) => {
      const f = (x: tf.Tensor) =>
        tf.mul(tf.mean(tf.mul(weights, tf.square(tf.sub(x, batchMean(tf.square(x)))))), share);
      const { value, grad } = tf.valueAndGrad(f)(x);
      return [value, grad].map((t) => [...t.dataSync()]);
    };
    const [loss, dx] = gradients(x, weights, 1) as number[][];
    const part = (t: tf.Tensor, from: number, size: number) => tf.slice(t, from, size);
    const [a, b] = together(
      [
        () => gradients(part(x, 0, 3), part(weights, 0, 3), 3 / 7),
        () => gradients(part(x, 3, 4), part(weights, 3, 4), 4 / 7),
      ],
      2,
    ) as [number[][], number[][]];
    close(add(a[0]!, b[0]!), loss!);
    close([...a[1]!, ...b[1]!], dx!);
  });

  test('leaves no tensors behind, and is over when its function is', () => {
    const [x, one] = [tf.randomNormal([4, 3], 0, 1, 'float32', 3), tf.ones([3]) as tf.Tensor1D];
    let exchanges = 0;
    const alone: Gather = (own) => {
      exchanges++;
      return [own];
    };
    const step = () => tf.tidy(() => void gradients(x, one, one, x, 1));
    const before = tf.memory().numTensors;
    withBatchNormAcross(alone, step);
    expect([tf.memory().numTensors, exchanges]).toEqual([before, 2]);
    expect(() =>
      withBatchNormAcross(alone, () => {
        throw new Error('as asked');
      }),
    ).toThrow('as asked');
    step();
    expect(exchanges).toBe(2);
  });

  test('a gradient that is taken outside is refused', () => {
    const [x, one] = [tf.randomNormal([4, 3], 0, 1, 'float32', 3), tf.ones([3]) as tf.Tensor1D];
    const late = tf.grad((x) =>
      withBatchNormAcross(
        (own) => [own],
        () => batchNormTraining(x, one, one).y,
      ),
    );
    expect(() => late(x)).toThrow(expect.objectContaining({ code: 'BATCH_NORM_SCOPE' }));
  });
});
