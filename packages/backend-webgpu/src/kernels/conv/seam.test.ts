import {
  CONV2D,
  CONV2D_BACKPROP_FILTER,
  CONV2D_BACKPROP_INPUT,
  dilatedSize,
  SIMILARITY_CONV2D,
  SIMILARITY_CONV2D_BACKPROP_FILTER,
  SIMILARITY_CONV2D_BACKPROP_INPUT,
  SIMILARITY_CONV2D_BACKPROP_SIMILARITY,
  similarityConv2d,
} from '@neusim/core';
import { type ConvolutionCase, checkGradients, convolutionCases, convolutionGeometry } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { dispatchesOf, held, random, start } from './start.fixture';

beforeAll(start);

// The check of second order sums empty gradients, which tfjs's own kernel refuses.
const orderOf = ({ x }: ConvolutionCase) => (x[0] === 0 ? 1 : 2);

test.each(convolutionCases)('$name', async (each) => {
  await checkGradients(similarityConv2d as never, each, { order: orderOf(each) });
});

type Four = readonly [number, number, number, number];

describe('beyond one tile and one split', () => {
  const options = { strides: [1, 1], dilations: [1, 1], pad: 'same' } as const;
  test.each<[Four, Four, string | null]>([
    [[2, 17, 16, 4], [3, 3, 4, 4], null],
    [[2, 17, 16, 5], [3, 2, 5, 3], null],
    [[3, 13, 15, 4], [3, 3, 4, 4], 'BHWK'],
    [[3, 13, 15, 3], [3, 3, 3, 3], '1HWK'],
    [[3, 13, 15, 2], [3, 3, 2, 4], '111K'],
    [[3, 13, 15, 2], [2, 3, 2, 4], 'B1WKK'],
    [[2, 16, 17, 2], [2, 2, 2, 3], '111KK'],
    [[1, 3, 3, 68], [3, 3, 68, 4], 'BHWK'],
    [[1, 3, 4, 4], [2, 2, 4, 132], 'BHWKK'],
    [[1, 2, 3, 37], [1, 3, 37, 33], 'BHWKK'],
    [[1, 8, 8, 3], [7, 7, 3, 4], 'BHWK'],
    [[1, 5, 4, 2], [5, 5, 2, 3], 'BHWKK'],
  ])('x %j, w %j, m %s', async (x, w, form) => {
    const { outputShape, taps } = convolutionGeometry(x, w, options);
    const [B, H, W] = outputShape;
    const sizes: Record<string, number> = { B, H, W, K: taps, '1': 1 };
    const m = form && Array.from(form, (letter) => sizes[letter] as number);
    await checkGradients(
      similarityConv2d as never,
      { name: `${x} ${w} ${form}`, x, w, m: m || null, options },
      { order: 1 },
    );
  });
});

const size = (min: number, max: number) => fc.integer({ min, max });
const pair = (of: fc.Arbitrary<number>) => fc.tuple(of, of);

/** Windows of all kinds on small maps. */
const convolutions = fc
  .record({
    batch: size(0, 3),
    map: pair(size(1, 7)),
    channels: pair(fc.oneof(size(1, 9), fc.constantFrom(4, 8, 12, 13))),
    kernel: pair(size(1, 5)),
    strides: pair(size(1, 3)),
    dilations: pair(size(1, 2)),
    pad: fc.oneof(
      fc.constantFrom('same' as const, 'valid' as const),
      fc.tuple(pair(size(0, 5)), pair(size(0, 5))),
    ),
    form: fc.constantFrom('', 'K', 'KK'),
    broadcast: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    seed: fc.nat(1000),
  })
  .filter(({ map, kernel, dilations, pad, form }) => {
    const room = (axis: 0 | 1) => {
      const [before, after] = typeof pad === 'string' ? [0, 0] : pad[axis];
      return map[axis] + before + after - dilatedSize(kernel[axis], dilations[axis]);
    };
    const isAffordable = form !== 'KK' || kernel[0] * kernel[1] <= 12;
    return isAffordable && (pad === 'same' || (room(0) >= 0 && room(1) >= 0));
  });

test('windows, strides, dilations, padding and forms of m at random', async () => {
  // Where a sum of few values cancels, its error is large next to it.
  const tolerance = { forward: 1e-4, gradient: 1e-4 };
  await fc.assert(
    fc.asyncProperty(convolutions, async (each) => {
      const { batch, map, channels, kernel, strides, dilations, pad, form, broadcast, seed } = each;
      const [x, w] = [[batch, ...map, channels[0]] as const, [...kernel, ...channels] as const];
      const options = { strides, dilations, pad };
      const { outputShape, taps } = convolutionGeometry(x, w, options);
      const positions = outputShape.slice(0, 3).map((n, i) => (broadcast[i] ? 1 : n));
      const m = form ? [...positions, ...Array.from(form, () => taps)] : null;
      const name = JSON.stringify({ x, w, m, options, seed });
      await checkGradients(
        similarityConv2d as never,
        { name, x, w, m, options },
        { order: 1, seed, tolerance },
      );
    }),
    { seed: 3, numRuns: 60 },
  );
});

describe('dispatches', () => {
  let [x, w] = [] as unknown as [tf.Tensor4D, tf.Tensor4D];
  beforeAll(() => {
    [x, w] = [random([2, 6, 5, 8]), random([3, 3, 8, 4])];
  });
  const options = { pad: 'same' } as const;
  const run = (m: tf.Tensor | null) => () => similarityConv2d(x, w, m, options);
  const grads = (m: tf.Tensor | null) => () =>
    tf.grads((...[x, w, m]: tf.Tensor[]) =>
      similarityConv2d(x as tf.Tensor4D, w as tf.Tensor4D, m ?? null, options),
    )(m ? [x, w, m] : [x, w], random([2, 6, 5, 4]));

  test('m = null: one dispatch each, forward, dx and dw', () => {
    expect(dispatchesOf(run(null))).toEqual([CONV2D]);
    expect(dispatchesOf(grads(null)).sort()).toEqual([CONV2D, CONV2D_BACKPROP_FILTER, CONV2D_BACKPROP_INPUT]);
  });

  test.each([[[2, 6, 5, 9]], [[2, 6, 5, 9, 9]]])(
    'm %j: one dispatch each, forward, dx, dw and dm',
    (shape) => {
      const m = random(shape);
      expect(dispatchesOf(run(m))).toEqual([SIMILARITY_CONV2D]);
      expect(dispatchesOf(grads(m))).toEqual([
        SIMILARITY_CONV2D,
        SIMILARITY_CONV2D_BACKPROP_INPUT,
        SIMILARITY_CONV2D_BACKPROP_FILTER,
        SIMILARITY_CONV2D_BACKPROP_SIMILARITY,
      ]);
    },
  );

  test('a broadcast m takes one more for its sum, many positions one more for dw', () => {
    const names = dispatchesOf(grads(random([1, 6, 1, 9])));
    expect(names.slice(-2)).toEqual([SIMILARITY_CONV2D_BACKPROP_SIMILARITY, 'NeusimSumPositions']);
    const [large, dy] = [random<tf.Rank.R4>([2, 17, 16, 8]), random([2, 17, 16, 4])];
    const filter = () =>
      tf.grad((w: tf.Tensor) => similarityConv2d(large, w as tf.Tensor4D, null, options))(w, dy);
    expect(dispatchesOf(filter).slice(-2)).toEqual([CONV2D_BACKPROP_FILTER, 'NeusimSumSplits']);
  });

  test('nothing is left behind', async () => {
    const m = random([1, 1, 1, 9]);
    const all = async () => {
      const results = tf.tidy(() => [run(null)(), ...grads(m)()]);
      await Promise.all(results.map((t) => t.data()));
      tf.dispose(results);
    };
    await all();
    const before = await held();
    await all();
    expect(await held()).toEqual(before);
  });
});
