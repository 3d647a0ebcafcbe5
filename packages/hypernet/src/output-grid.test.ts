import { type ConvOptions, geometry, loadModel, type Pair } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { checkLayer, type NdArray, ndArray } from '@neusim/testing';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { onEachEngine } from '../../../tools/engines';
import { isInputGrid, OutputGrid } from './output-grid';

const cases: readonly [Pair, ConvOptions][] = [
  [[3, 3], { strides: [2, 2], pad: 'same' }],
  [[3, 3], { strides: [2, 3], pad: 'valid' }],
  [[3, 3], { pad: 'valid' }],
  [[3, 2], { strides: [2, 1], pad: 'same' }],
  [[2, 2], { strides: [1, 2], pad: 'valid' }],
  [[4, 2], { strides: [3, 3], pad: 'same' }],
  [[3, 3], { strides: [2, 2], dilations: [2, 2], pad: 'same' }],
  [[1, 1], { strides: [4, 3], pad: 'same' }],
  [[7, 6], { pad: 'valid' }],
];

const image = [7, 6, 2] as const;

onEachEngine('OutputGrid', () => {
  test.each(cases)('kernel %j, %j', async (kernel, options) => {
    const g = geometry(image, kernel, options);
    expect(isInputGrid(g)).toBe(false);
    await checkLayer({
      layer: (x) =>
        new OutputGrid({ strides: g.strides, centre: g.centre, size: [g.outHeight, g.outWidth] }).apply(x),
      inputShape: image,
      variants: [0, 33].map((batch) => ({
        name: `batch ${batch}`,
        batch,
        inputShape: image,
        options: {} as never,
      })),
      oracle: ({ input }) => picked(input, g.outHeight, g.outWidth, g.strides, g.centre),
      secondOrder: true,
      load: (saved) => loadModel(createRegistry(), saved),
    });
  });
});

function picked(x: NdArray, rows: number, columns: number, strides: Pair, centre: Pair): NdArray {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const y = ndArray([batch, rows, columns, channels]);
  let at = 0;
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++)
        for (let c = 0; c < channels; c++) {
          const [row, column] = [i * strides[0] + centre[0], j * strides[1] + centre[1]];
          y.data[at++] = x.data[((b * height + row) * width + column) * channels + c]!;
        }
  return y;
}

describe('OutputGrid', () => {
  test.each([
    [[3, 3], { pad: 'same' }],
    [[2, 4], { pad: 'same', dilations: [2, 1] }],
    [[1, 1], {}],
  ] as [Pair, ConvOptions][])('kernel %j, %j keeps the input grid', (kernel, options) => {
    expect(isInputGrid(geometry(image, kernel, options))).toBe(true);
  });

  test('refuses rows that are not there', () => {
    const x = tfl.input({ shape: [4, 4, 1] });
    const grid = new OutputGrid({ strides: [2, 1], centre: [1, 0], size: [3, 4] });
    expect(() => grid.apply(x)).toThrow(expect.objectContaining({ code: 'LAYER_INPUT' }));
  });
});
