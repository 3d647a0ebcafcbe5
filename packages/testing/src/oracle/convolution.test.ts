import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { caseArguments, convolutionCases } from '../cases';
import { randomUniform } from '../random';
import { fromTensor, toTensor } from '../tensors';
import { relativeError } from '../tolerance';
import { type NdArray, ndArray } from './array';
import { centralDifference } from './central-difference';
import {
  convolutionForward,
  convolutionGeometry,
  convolutionGradients,
  convolutionSecondGradients,
  type Quadrilinear,
} from './convolution';

const dot = (a: NdArray, b: NdArray) => a.data.reduce((sum, value, i) => sum + value * b.data[i]!, 0);

const elements = (shape: readonly number[] | null) =>
  (shape ?? []).reduce((product, size) => product * size, 1);
/** Cases whose every element can be moved in milliseconds. */
const small = convolutionCases.filter(({ x, w, m }) => {
  const products = (elements(x) * elements(w)) / x[3];
  return products * (elements(x) + elements(w) + elements(m)) * (m && m.length % 5 === 0 ? 9 : 1) < 2e7;
});

describe('gradients against central differences of the form itself', () => {
  test.each(small)('$name', ({ options, ...shapes }) => {
    const args = caseArguments({ options, ...shapes });
    const exact = convolutionGradients(args, options);
    for (const [key, gradient] of [
      ['x', exact.dx],
      ['w', exact.dw],
      ['m', exact.dm],
    ] as const) {
      const argument = args[key];
      if (!argument || !gradient) continue;
      const form = (data: Float64Array) =>
        dot(convolutionForward({ ...args, [key]: { shape: argument.shape, data } }, options), args.dy);
      expect(relativeError(centralDifference(form, argument.data, 0.1), gradient.data)).toBeLessThan(1e-11);
    }
  });
});

describe('second gradients against central differences of the first', () => {
  const chosen = convolutionCases.filter((_, i) => i % 9 === 4);
  test.each(chosen)('$name', ({ options, ...shapes }) => {
    const args = caseArguments({ options, ...shapes });
    const u = randomUniform(args.x.shape, 11);
    const v = randomUniform(args.w.shape, 12);
    const t = args.m && randomUniform(args.m.shape, 13);
    const exact = convolutionSecondGradients(args, { u, v, t }, options);
    const scalar = (moved: Quadrilinear) => {
      const { dx, dw, dm } = convolutionGradients(moved, options);
      return dot(dx, u) + dot(dw, v) + (dm && t ? dot(dm, t) : 0);
    };
    for (const [key, gradient] of [
      ['x', exact.dx],
      ['w', exact.dw],
      ['m', exact.dm],
      ['dy', exact.ddy],
    ] as const) {
      const argument = args[key];
      if (!argument || !gradient || argument.data.length > 400) continue;
      const form = (data: Float64Array) => scalar({ ...args, [key]: { shape: argument.shape, data } });
      expect(relativeError(centralDifference(form, argument.data, 0.1), gradient.data)).toBeLessThan(1e-11);
    }
  });
});

describe('m = identity is the plain convolution', () => {
  const plain = convolutionCases.filter(({ m }) => m === null);
  test.each(plain)('$name', ({ options, ...shapes }) => {
    const { x, w } = caseArguments({ options, ...shapes });
    const { taps, outputShape } = convolutionGeometry(x.shape, w.shape, options);
    const y = convolutionForward({ x, w, m: null }, options);
    const eye = Array.from({ length: taps * taps }, (_, i) => (i % (taps + 1) === 0 ? 1 : 0));
    const positions = outputShape[0] * outputShape[1] * outputShape[2];
    for (const m of [
      ndArray([taps], Array(taps).fill(1)),
      ndArray([taps, taps], eye),
      ndArray([1, 1, 1, taps, taps], eye),
      ndArray([...outputShape.slice(0, 3), taps], Array(positions * taps).fill(1)),
    ])
      expect(relativeError(convolutionForward({ x, w, m }, options).data, y.data)).toBe(0);
  });
});

describe('m = null against tf.conv2d', () => {
  const plain = convolutionCases.filter(
    ({ m, options: { strides, dilations } }) =>
      m === null && (Math.max(...strides) === 1 || Math.max(...dilations) === 1),
  );
  test.each(plain)('$name', async ({ options, ...shapes }) => {
    const { x, w } = caseArguments({ options, ...shapes });
    const y = convolutionForward({ x, w, m: null }, options);
    const [padY, padX] =
      typeof options.pad === 'string'
        ? [
            [0, 0],
            [0, 0],
          ]
        : options.pad;
    const padded = tf.pad(toTensor<tf.Rank.R4>(x), [
      [0, 0],
      [...padY] as [number, number],
      [...padX] as [number, number],
      [0, 0],
    ]);
    const stock = tf.conv2d(
      padded,
      toTensor<tf.Rank.R4>(w),
      [...options.strides],
      typeof options.pad === 'string' ? options.pad : 'valid',
      'NHWC',
      [...options.dilations],
    );
    expect(stock.shape).toEqual(y.shape);
    expect(relativeError((await fromTensor(stock)).data, y.data)).toBeLessThan(1e-6);
  });
});

test('rows of m are kernel taps, columns are input taps', () => {
  // One pixel [1, 2] under a 1x2 window: m[k=0, s=1] carries input tap 1 to kernel tap 0.
  const y = convolutionForward(
    {
      x: ndArray([1, 1, 2, 1], [5, 7]),
      w: ndArray([1, 2, 1, 1], [10, 100]),
      m: ndArray([2, 2], [0, 1, 0, 0]),
    },
    { strides: [1, 1], pad: 'valid', dilations: [1, 1] },
  );
  expect([...y.data]).toEqual([70]);
});

test('the effective kernel of a static m is its transpose times w', () => {
  const options = { strides: [1, 1], pad: 'same', dilations: [1, 1] } as const;
  const x = randomUniform([2, 4, 5, 2], 1);
  const w = randomUniform([3, 3, 2, 3], 2);
  const m = randomUniform([9, 9], 3);
  const folded = ndArray(w.shape);
  for (let k = 0; k < 9; k++)
    for (let s = 0; s < 9; s++)
      for (let i = 0; i < 6; i++) folded.data[s * 6 + i]! += w.data[k * 6 + i]! * m.data[k * 9 + s]!;
  const y = convolutionForward({ x, w, m }, options);
  expect(relativeError(convolutionForward({ x, w: folded, m: null }, options).data, y.data)).toBeLessThan(
    1e-14,
  );
});

test('a shape of m that fits nothing is refused with the shapes allowed', () => {
  const args = { x: ndArray([2, 4, 4, 1]), w: ndArray([3, 3, 1, 1]) };
  const options = { strides: [1, 1], pad: 'same', dilations: [1, 1] } as const;
  for (const shape of [[8], [9, 8], [4, 4, 9], [3, 4, 4, 9], [2, 4, 3, 9, 9], []])
    expect(() => convolutionForward({ ...args, m: ndArray(shape) }, options)).toThrow(
      expect.objectContaining({ code: 'ORACLE_BAD_SHAPE' }),
    );
});

test('a window larger than the padded input is refused', () => {
  expect(() =>
    convolutionGeometry([1, 3, 8, 1], [5, 5, 1, 1], { strides: [1, 1], pad: 'valid', dilations: [1, 1] }),
  ).toThrow('window 5 (5 taps, dilation 1) > padded input 3 in axis 0');
});
