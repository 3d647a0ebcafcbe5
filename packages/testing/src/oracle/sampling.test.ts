import { describe, expect, test } from 'vitest';
import { randomUniform } from '../random';
import { relativeError } from '../tolerance';
import { type NdArray, ndArray } from './array';
import { centralDifference } from './central-difference';
import { type ConvolutionOptions, convolutionForward, convolutionGeometry } from './convolution';
import { sampledConvolutionForward, sampledConvolutionGradients, sampledPatches } from './sampling';

const dot = (a: NdArray, b: NdArray) => a.data.reduce((sum, value, i) => sum + value * b.data[i]!, 0);

const options: Record<string, ConvolutionOptions> = {
  same: { strides: [1, 1], pad: 'same', dilations: [1, 1] },
  'strides 2 and 1, dilation 2': { strides: [2, 1], pad: 'same', dilations: [2, 2] },
  valid: { strides: [1, 1], pad: 'valid', dilations: [1, 1] },
};

describe.each(Object.entries(options))('%s', (_, option) => {
  const x = randomUniform([2, 5, 4, 2], 1);
  const w = randomUniform([3, 2, 2, 3], 2);
  const { outputShape } = convolutionGeometry(x.shape, w.shape, option);
  const [batch, height, width] = outputShape;
  const m = randomUniform([batch, height, width, 6], 3);
  const full = randomUniform([1, height, 1, 6, 6], 4);
  const dy = randomUniform(outputShape, 5);

  test('offsets of 0 change nothing', () => {
    const offsets = ndArray([1, 1, 1, 12]);
    for (const each of [null, m, full, randomUniform([6], 6)])
      expect(sampledConvolutionForward({ x, w, m: each, offsets }, option).data).toEqual(
        convolutionForward({ x, w, m: each }, option).data,
      );
  });

  test.each([[m], [full], [null]] as [NdArray | null][])('gradients against central differences', (each) => {
    // Some taps lie outside the map by then, wholly or in part.
    for (const shape of [
      [batch, height, width, 12],
      [1, height, 1, 12],
    ]) {
      const offsets = randomUniform(shape, 7, -3, 3);
      const args = { x, w, m: each, offsets, dy };
      const exact = sampledConvolutionGradients(args, option);
      for (const [key, gradient] of [
        ['x', exact.dx],
        ['w', exact.dw],
        ['m', exact.dm],
        ['offsets', exact.doffsets],
      ] as const) {
        const argument = args[key];
        if (!argument || !gradient) continue;
        const form = (data: Float64Array) =>
          dot(sampledConvolutionForward({ ...args, [key]: { shape: argument.shape, data } }, option), dy);
        expect(relativeError(centralDifference(form, argument.data, 1e-6), gradient.data), key).toBeLessThan(
          1e-8,
        );
      }
    }
  });
});

test('a whole offset reads the neighbour, half of one the mean, and outside the map is 0', () => {
  const x = ndArray([1, 1, 3, 1], [1, 2, 4]);
  const read = (dy: number, dx: number) => [
    ...sampledPatches(x, ndArray([1, 1, 1, 2], [dy, dx]), [1, 1], options.valid!).data,
  ];
  expect(read(0, 1)).toEqual([2, 4, 0]);
  expect(read(0, 0.5)).toEqual([1.5, 3, 2]);
  expect(read(-0.25, 0)).toEqual([0.75, 1.5, 3]);
  expect(read(-1, 0)).toEqual([0, 0, 0]);
  expect(read(0, 1e6)).toEqual([0, 0, 0]);
});

test('offsets of another shape are refused with the shapes allowed', () => {
  const args = { x: ndArray([2, 4, 4, 1]), w: ndArray([3, 3, 1, 1]), m: null };
  for (const shape of [[18], [2, 4, 4, 9], [3, 4, 4, 18], [2, 3, 4, 18]])
    expect(() => sampledConvolutionForward({ ...args, offsets: ndArray(shape) }, options.same!)).toThrow(
      expect.objectContaining({ code: 'ORACLE_BAD_SHAPE' }),
    );
});
