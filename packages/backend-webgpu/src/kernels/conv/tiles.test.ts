import {
  CONV2D,
  CONV2D_BACKPROP_FILTER,
  CONV2D_BACKPROP_INPUT,
  geometry,
  SIMILARITY_CONV2D,
  SIMILARITY_CONV2D_BACKPROP,
  SIMILARITY_CONV2D_BACKPROP_FILTER,
  SIMILARITY_CONV2D_BACKPROP_INPUT,
  SIMILARITY_CONV2D_BACKPROP_SIMILARITY,
} from '@neusim/core';
import {
  type ConvolutionCase,
  caseArguments,
  convolutionForward,
  convolutionGradients,
  type NdArray,
  relativeError,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { currentGpu } from '../../webgpu';
import { start } from './start.fixture';
import {
  candidates,
  type Form,
  type Problem,
  splitsFor,
  threadsOf,
  tileFor,
  tuningKey,
  watchProblems,
  withTile,
  workgroupBytes,
} from './tiles';

beforeAll(start);

const operations = ['forward', 'input', 'filter', 'similarity'] as const;
const problem: Problem = { operation: 'filter', form: 'full', taps: 9, rows: 90, columns: 70, inner: 300 };
const least = { maxComputeWorkgroupStorageSize: 16384, maxComputeInvocationsPerWorkgroup: 256 };
const usual = { maxComputeWorkgroupStorageSize: 32768, maxComputeInvocationsPerWorkgroup: 256 };

const tiles = [...new Set(operations.flatMap((operation) => candidates({ ...problem, operation }, usual)))];

describe('each kernel by every tile', () => {
  const options = { strides: [1, 1], dilations: [1, 1], pad: 'same' } as const;
  // A tile meets one form and one kind of channels: together they meet all.
  const cases = tiles.map((tile, i) => {
    const form = (['none', 'diagonal', 'full'] as const)[i % 3] as Form;
    const [channels, filters] = i % 2 ? [8, 12] : [5, 6];
    const m = { none: null, diagonal: [2, 9, 8, 6], full: [2, 9, 8, 6, 6] }[form];
    const x = [2, 9, 8, channels] as const;
    const name = `${Object.values(tile).join(' ')}: x ${x}, w 2,3,${channels},${filters}, m ${m}`;
    return { tile, form, each: { name, x, w: [2, 3, channels, filters], m, options } as ConvolutionCase };
  });

  test.each(cases.map((c) => ({ ...c, name: c.each.name })))('$name', async ({ tile, form, each }) => {
    const args = caseArguments(each, 5);
    const exact = { y: convolutionForward(args, options), ...convolutionGradients(args, options) };
    const { x, w, m, dy } = Object.fromEntries(
      Object.entries(args).map(([name, array]) => [name, array && toTensor(array)]),
    ) as Record<'x' | 'w' | 'dy', tf.Tensor> & { m: tf.Tensor | null };
    const g = geometry([9, 8, each.x[3]], [2, 3], options);
    const isPlain = form === 'none';
    const mixed: tf.NamedTensorMap = m ? { m } : {};
    const runs: (readonly [Problem['operation'], string, tf.NamedTensorMap, NdArray])[] = [
      ['forward', isPlain ? CONV2D : SIMILARITY_CONV2D, { x, w, ...mixed }, exact.y],
      [
        'input',
        isPlain ? CONV2D_BACKPROP_INPUT : SIMILARITY_CONV2D_BACKPROP_INPUT,
        { w, dy, ...mixed },
        exact.dx,
      ],
      [
        'filter',
        isPlain ? CONV2D_BACKPROP_FILTER : SIMILARITY_CONV2D_BACKPROP_FILTER,
        { x, dy, ...mixed },
        exact.dw,
      ],
      ...(m
        ? ([
            ['similarity', SIMILARITY_CONV2D_BACKPROP_SIMILARITY, { x, w, dy }, exact.dm as NdArray],
          ] as const)
        : []),
    ];
    for (const [operation, kernel, inputs, expected] of runs) {
      if (!candidates({ ...problem, operation }, currentGpu().device.limits).includes(tile)) continue;
      const attrs = { g, mShape: m?.shape } as unknown as tf.NamedAttrMap;
      const result = withTile(tile, () => tf.engine().runKernel(kernel, inputs, attrs) as tf.Tensor);
      expect(result.shape).toEqual(expected.shape);
      expect(relativeError(await result.data(), expected.data)).toBeLessThan(1e-5);
    }
  });
});

describe('the table of tiles', () => {
  test('fits the least of devices, and serves every operation there', () => {
    for (const operation of operations)
      for (const form of ['none', 'diagonal', 'full'] as const) {
        const fitting = candidates({ ...problem, operation, form }, least);
        expect(fitting.length).toBeGreaterThan(3);
        for (const tile of fitting) {
          expect(threadsOf(tile)).toBeLessThanOrEqual(256);
          expect(workgroupBytes({ ...problem, operation }, tile)).toBeLessThanOrEqual(16384);
        }
      }
  });

  test('large products take large tiles, small ones small tiles', () => {
    const gpu = currentGpu();
    const of = (rows: number, columns: number) => {
      const { tileM, tileN } = tileFor(gpu, { ...problem, operation: 'forward', rows, columns, inner: 576 });
      return tileM * tileN;
    };
    expect(of(131072, 128)).toBeGreaterThan(of(131072, 16));
    expect(of(131072, 128)).toBeGreaterThan(of(256, 64));
  });

  test('problems are told, and share a key where they round up alike', () => {
    const met: Problem[] = [];
    watchProblems(
      (each) => met.push(each),
      () => tf.dispose(tf.conv2d(tf.ones([1, 4, 4, 3]) as tf.Tensor4D, tf.ones([3, 3, 3, 5]), 1, 'same')),
    );
    expect(met).toEqual([{ operation: 'forward', form: 'none', taps: 9, rows: 16, columns: 5, inner: 27 }]);
    expect(met.map(tuningKey)).toEqual(['forward none 9 16x8x32']);
  });

  test.each([
    [90, 70, 300],
    [576, 64, 131072],
    [27, 64, 131072],
    [4608, 512, 2048],
    [9, 1, 257],
  ])('splits of %i x %i over %i positions cover them, none empty', (rows, columns, inner) => {
    for (const tile of candidates(problem, usual)) {
      const { splits, positions } = splitsFor({ ...problem, rows, columns, inner }, tile);
      expect(positions % tile.tileK).toBe(0);
      expect(splits * positions).toBeGreaterThanOrEqual(inner);
      expect((splits - 1) * positions).toBeLessThan(inner);
    }
  });
});

test(`${SIMILARITY_CONV2D_BACKPROP} gives what its three parts give`, async () => {
  const each = {
    name: '',
    x: [2, 5, 4, 3],
    w: [3, 2, 3, 4],
    m: [1, 5, 1, 6],
    options: { strides: [1, 1], dilations: [1, 1], pad: 'same' },
  } as const satisfies ConvolutionCase;
  const args = caseArguments(each);
  const inputs = {
    x: toTensor(args.x),
    w: toTensor(args.w),
    m: toTensor(args.m as NdArray),
    dy: toTensor(args.dy),
  };
  const g = geometry([5, 4, 3], [3, 2], each.options);
  const results = tf
    .engine()
    .runKernel(SIMILARITY_CONV2D_BACKPROP, inputs, { g } as unknown as tf.NamedAttrMap) as tf.Tensor[];
  const { dx, dw, dm } = convolutionGradients(args, each.options);
  for (const [i, expected] of [dx, dw, dm as NdArray].entries())
    expect(relativeError(await (results[i] as tf.Tensor).data(), expected.data)).toBeLessThan(1e-5);
});
