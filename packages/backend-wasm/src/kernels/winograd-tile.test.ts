/** Which convolutions take Winograd's algorithm, and what it costs in precision. */
import { geometry, similarityConv2d } from '@neusim/core';
import { convolutionForward, convolutionGradients, type NdArray, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { values } from '../test/calls/values';
import { startBoth } from '../test/parity';
import { type Precision, setPrecision, winogradTile } from './winograd-tile';

beforeAll(startBoth);
afterEach(() => setPrecision('exact'));

const options = { pad: 'same', strides: [1, 1], dilations: [1, 1] } as const;
const x = values([2, 12, 12, 64], 1);
const w = values([3, 3, 64, 64], 2);
const dy = values([2, 12, 12, 64], 3);
const exact = (() => {
  const { dx, dw } = convolutionGradients({ x, w, m: null, dy }, options);
  return [convolutionForward({ x, w, m: null }, options), dx, dw];
})();

/** y, dx and dw. */
function results(): Float32Array[] {
  return tf.tidy(() => {
    const inputs = [toTensor(x), toTensor(w)];
    const run = (...[x, w]: tf.Tensor[]) =>
      similarityConv2d(x as tf.Tensor4D, w as tf.Tensor4D, null, options);
    const outputs = [run(...inputs), ...tf.grads(run)(inputs, toTensor(dy))];
    return outputs.map((output) => output.dataSync() as Float32Array);
  });
}

/** The largest error of each result in parts of its largest value. */
function errors(): number[] {
  return results().map((actual, i) => {
    const { data } = exact[i] as NdArray;
    const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return actual.reduce((most, value, at) => Math.max(most, Math.abs(value - data[at]!)), 0) / largest;
  });
}

describe('errors with 64 channels and filters, in parts of the largest value', () => {
  test.each([
    ['direct', 0, 1e-6],
    ['exact', 2, 1e-6],
    ['fast', 4, 1e-5],
  ] as const)('%s: tiles of %i, at most %f', (precision, tile, limit) => {
    setPrecision(precision);
    expect(winogradTile(geometry([12, 12, 64], [3, 3], options), 2, 64)).toBe(tile);
    for (const error of errors()) expect(error).toBeLessThanOrEqual(limit);
  });
});

test('each precision computes another way, and the choice can be taken back', () => {
  const of = (precision: Precision) => {
    setPrecision(precision);
    return results();
  };
  const [direct, exact, fast] = (['direct', 'exact', 'fast'] as const).map(of) as [Results, Results, Results];
  for (const i of [0, 1, 2]) {
    expect(exact[i]).not.toEqual(direct[i]);
    expect(fast[i]).not.toEqual(exact[i]);
  }
  expect(of('exact')).toEqual(exact);
});

type Results = ReturnType<typeof results>;

describe('other windows are summed plainly, whatever the precision', () => {
  test.each([
    ['5×5', [5, 5], {}],
    ['3×1', [3, 1], {}],
    ['strides', [3, 3], { strides: [1, 2] }],
    ['dilations', [3, 3], { dilations: [2, 1] }],
  ] as const)('%s', (_, kernel, more) => {
    const g = geometry([12, 12, 64], kernel, { ...options, ...more });
    for (const precision of ['exact', 'fast'] as const) {
      setPrecision(precision);
      expect(winogradTile(g, 2, 64)).toBe(0);
    }
  });

  test('and so are few channels, whose transforms would cost more than they save', () => {
    const g = geometry([12, 12, 3], [3, 3], options);
    expect(winogradTile(g, 2, 8)).toBe(0);
  });
});
