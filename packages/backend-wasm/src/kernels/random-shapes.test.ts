/** What tfjs is given, on shapes of all kinds, against plain loops in float64. */
import { avgPoolGrad, batchNormTraining, dilatedSize, maxPoolGrad, similarityConv2d } from '@neusim/core';
import {
  avgPoolGradient,
  batchNormForward,
  batchNormGradients,
  type ConvolutionCase,
  checkGradients,
  convolutionGeometry,
  maxPoolForward,
  maxPoolGradient,
  type NdArray,
  ndArray,
  type Padding,
  sizeOf,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { flag, seed, size, steps, values } from '../test/calls/values';
import { largestError } from '../test/kernel-call';
import { startBoth } from '../test/parity';

beforeAll(startBoth);

const run = { seed: 3, numRuns: 150 };

function expectNear(actual: tf.Tensor, { shape, data }: NdArray): void {
  expect(actual.shape).toEqual(shape);
  expect(largestError(actual.dataSync(), data)).toBeLessThanOrEqual(5e-6);
}

const pair = (of: fc.Arbitrary<number>) => fc.tuple(of, of);
const padding: fc.Arbitrary<Padding> = fc.oneof(
  fc.constantFrom('same', 'valid' as const),
  fc.tuple(pair(size(0, 5)), pair(size(0, 5))),
);

const convolutions: fc.Arbitrary<ConvolutionCase & { readonly seed: number }> = fc
  .record({
    batch: size(0, 3),
    map: pair(size(1, 7)),
    channels: pair(size(1, 9)),
    kernel: pair(size(1, 5)),
    strides: pair(size(1, 3)),
    dilations: pair(size(1, 2)),
    pad: padding,
    form: fc.constantFrom('none', 'K', 'KK'),
    broadcast: fc.tuple(flag, flag, flag),
    seed,
  })
  .filter(({ map, kernel, dilations, pad, form }) => {
    const room = (axis: 0 | 1) => {
      const [before, after] = pad === 'valid' ? [0, 0] : pad[axis];
      return map[axis] + Number(before) + Number(after) - dilatedSize(kernel[axis], dilations[axis]);
    };
    const isAffordable = form !== 'KK' || kernel[0] * kernel[1] <= 9;
    return isAffordable && (pad === 'same' || (room(0) >= 0 && room(1) >= 0));
  })
  .map(({ batch, map, channels, kernel, strides, dilations, pad, form, broadcast, seed }) => {
    const x = [batch, ...map, channels[0]] as const;
    const w = [...kernel, ...channels] as const;
    const options = { strides, dilations, pad };
    const { outputShape, taps } = convolutionGeometry(x, w, options);
    const positions = outputShape.slice(0, 3).map((n, i) => (broadcast[i] ? 1 : n));
    const m = form === 'none' ? null : [...positions, ...Array.from(form, () => taps)];
    return { name: JSON.stringify({ x, w, m, options, seed }), x, w, m, options, seed };
  });

test('the similarity convolution and its gradients', async () => {
  // Where a sum of few values cancels, its error is large next to it.
  const tolerance = { forward: 1e-4, gradient: 1e-4 };
  await fc.assert(
    fc.asyncProperty(convolutions, async ({ seed, ...each }) => {
      await checkGradients(similarityConv2d as never, each, { order: 1, seed, tolerance });
    }),
    run,
  );
});

/** A shape, and two that broadcast to it. */
const broadcast = fc
  .array(fc.record({ size: size(1, 5), a: flag, b: flag }), { maxLength: 4 })
  .chain((axes) =>
    fc.record({ axes: fc.constant(axes), dropA: size(0, axes.length), dropB: size(0, axes.length) }),
  )
  .map(({ axes, dropA, dropB }) => {
    const own = (name: 'a' | 'b', drop: number) => {
      const shape = axes.map((axis) => (axis[name] ? axis.size : 1));
      // Leading axes of length 1 may be left out.
      let first = 0;
      while (first < drop && shape[first] === 1) first++;
      return shape.slice(first);
    };
    const [a, b] = [own('a', dropA), own('b', dropB)];
    return { a, b, shape: tf.broadcast_util.assertAndGetBroadcastShape(a, b) };
  });

/** For each element of `shape` in order, the element of an array of shape `own` that it reads. */
function reads(own: readonly number[], shape: readonly number[]): number[] {
  let indices = [0];
  for (const [axis, length] of shape.entries()) {
    const mine = own[axis - shape.length + own.length] ?? 1;
    indices = indices.flatMap((index) =>
      Array.from({ length }, (_, i) => index * mine + (mine === 1 ? 0 : i)),
    );
  }
  return indices;
}

test('sums, differences and products of shapes that broadcast', () => {
  const operations = [
    [tf.add, (a: number, b: number) => a + b],
    [tf.sub, (a: number, b: number) => a - b],
    [tf.mul, (a: number, b: number) => a * b],
  ] as const;
  fc.assert(
    fc.property(broadcast, seed, fc.constantFrom(...operations), (shapes, seed, [op, scalar]) => {
      const [a, b] = [values(shapes.a, seed), values(shapes.b, seed + 1)];
      const [left, right] = [reads(shapes.a, shapes.shape), reads(shapes.b, shapes.shape)];
      const expected = left.map((at, i) => scalar(a.data[at]!, b.data[right[i]!]!));
      tf.tidy(() => expectNear(op(toTensor(a), toTensor(b)), ndArray(shapes.shape, expected)));
    }),
    { ...run, numRuns: 200 },
  );
});

test('matrix products of batches that broadcast', () => {
  const inner = fc.record({
    m: size(1, 9),
    n: size(1, 11),
    k: size(1, 12),
    transposeA: flag,
    transposeB: flag,
  });
  fc.assert(
    fc.property(broadcast, inner, seed, (outer, { m, n, k, transposeA, transposeB }, seed) => {
      const a = values([...outer.a, ...(transposeA ? [k, m] : [m, k])], seed);
      const b = values([...outer.b, ...(transposeB ? [n, k] : [k, n])], seed + 1);
      const [left, right] = [reads(outer.a, outer.shape), reads(outer.b, outer.shape)];
      const y = ndArray([...outer.shape, m, n]);
      for (const [image, at] of left.entries())
        for (let row = 0; row < m; row++)
          for (let column = 0; column < n; column++)
            for (let i = 0; i < k; i++)
              y.data[(image * m + row) * n + column]! +=
                a.data[at * m * k + (transposeA ? i * m + row : row * k + i)]! *
                b.data[right[image]! * k * n + (transposeB ? column * k + i : i * n + column)]!;
      tf.tidy(() => expectNear(tf.matMul(toTensor(a), toTensor(b), transposeA, transposeB), y));
    }),
    run,
  );
});

test('sums and means over any axes', () => {
  const shapes = fc.array(fc.record({ size: size(1, 6), isReduced: flag }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(shapes, flag, seed, (axes, keepDims, seed) => {
      const x = values(
        axes.map(({ size }) => size),
        seed,
      );
      const axis = [...axes.keys()].filter((i) => axes[i]!.isReduced);
      const whole = axes.map(({ size, isReduced }) => (isReduced ? 1 : size));
      const shape = keepDims ? whole : whole.filter((_, i) => !axes[i]!.isReduced);
      const total = ndArray(shape);
      for (const [i, to] of reads(whole, x.shape).entries()) total.data[to]! += x.data[i]!;
      const count = sizeOf(x.shape) / sizeOf(shape);
      tf.tidy(() => {
        expectNear(tf.sum(toTensor(x), axis, keepDims), total);
        expectNear(
          tf.mean(toTensor(x), axis, keepDims),
          ndArray(
            shape,
            total.data.map((sum) => sum / count),
          ),
        );
      });
    }),
    run,
  );
});

test('gradients of pooling', () => {
  const shapes = fc
    .record({
      x: fc.tuple(size(1, 3), size(1, 7), size(1, 7), size(1, 9)),
      window: pair(size(1, 4)),
      strides: pair(size(1, 3)),
      pad: fc.constantFrom('same', 'valid' as const),
      seed,
    })
    .filter(({ x, window, pad }) => pad === 'same' || (x[1] >= window[0] && x[2] >= window[1]));
  fc.assert(
    fc.property(shapes, ({ seed, x: shape, ...options }) => {
      const x = steps(shape, seed);
      const dy = values(maxPoolForward(x, options).shape, seed + 1);
      const attrs = { filterSize: options.window, strides: options.strides, pad: options.pad };
      tf.tidy(() => {
        const grads = toTensor<tf.Rank.R4>(dy);
        expectNear(maxPoolGrad(grads, toTensor(x), attrs), maxPoolGradient(x, dy, options));
        expectNear(avgPoolGrad(grads, shape, attrs), avgPoolGradient(x, dy, options));
      });
    }),
    run,
  );
});

test('batch norm and its gradients', () => {
  const shapes = fc.record({ rows: size(2, 90), channels: size(1, 37), seed });
  const epsilon = 1e-3;
  fc.assert(
    fc.property(shapes, ({ rows, channels, seed }) => {
      const [x, dy] = [values([rows, channels], seed), values([rows, channels], seed + 1)];
      const [gamma, beta] = [values([channels], seed + 2), values([channels], seed + 3)];
      const expected = batchNormForward(x, gamma, beta, epsilon);
      const grads = batchNormGradients(x, gamma, epsilon, dy);
      tf.tidy(() => {
        const inputs = [x, gamma, beta].map((array) => toTensor(array));
        const [xs, gammas, betas] = inputs as [tf.Tensor, tf.Tensor1D, tf.Tensor1D];
        const { y, mean, variance } = batchNormTraining(xs, gammas, betas, epsilon);
        expectNear(y, expected.y);
        expectNear(mean, expected.mean);
        expectNear(variance, expected.variance);
        const of = (...args: tf.Tensor[]) =>
          batchNormTraining(args[0]!, args[1] as tf.Tensor1D, args[2] as tf.Tensor1D, epsilon).y;
        const [dx, dgamma, dbeta] = tf.grads(of)(inputs, toTensor(dy));
        expectNear(dx!, grads.dx);
        expectNear(dgamma!, grads.dgamma);
        expectNear(dbeta!, grads.dbeta);
      });
    }),
    run,
  );
});
