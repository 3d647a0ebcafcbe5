import { describeWeights, type WeightInfo } from '@neusim/core';
import { centralDifference, randomNormal, relativeError, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../tools/engines';
import { parseConfig, type TrainConfigInput } from './index';
import { createOptimizer } from './optimizer';
import { orthogonalityGradient } from './orthogonality';

/** λ/2‖WᵀW − I‖² of [values of a filter, filters], in float64. */
function penalty(w: ArrayLike<number>, filters: number, lambda: number): number {
  const rows = w.length / filters;
  let sum = 0;
  for (let a = 0; a < filters; a++)
    for (let b = 0; b < filters; b++) {
      let dot = a === b ? -1 : 0;
      for (let row = 0; row < rows; row++) dot += w[row * filters + a]! * w[row * filters + b]!;
      sum += dot ** 2;
    }
  return (lambda / 2) * sum;
}

/** The change that one step of plain descent without a gradient makes, over −rate. */
async function moved(weight: WeightInfo, config: Partial<TrainConfigInput>): Promise<number[]> {
  const optimizer = { name: 'sgd', momentum: 0 } as const;
  const parsed = parseConfig({ dataset: 'd', model: 'm', steps: 1, optimizer, ...config });
  const made = createOptimizer(parsed, [weight]);
  const before = [...(await weight.variable.read().data())];
  const grads = { [weight.variable.name]: tf.zeros(weight.variable.shape as number[]) };
  made.update(grads, 1e-2, 1);
  const after = [...(await weight.variable.read().data())];
  tf.dispose(grads);
  made.dispose();
  return before.map((value, i) => (value - after[i]!) / 1e-2);
}

const kernelOf = (role: WeightInfo['role'], own?: number): WeightInfo => {
  const layer = tfl.layers.conv2d({ filters: 4, kernelSize: [3, 2], useBias: false });
  const input = tfl.input({ shape: [5, 4, 2] });
  const model = tfl.model({ inputs: input, outputs: layer.apply(input) as tfl.SymbolicTensor });
  const [info] = describeWeights(model) as [WeightInfo];
  const values = toTensor(randomNormal([3, 2, 2, 4], 1));
  info.variable.write(values);
  values.dispose();
  return { ...info, role, orthogonality: own };
};

onEachEngine('orthogonality', () => {
  test.each([
    [3, 2, 2, 4],
    [7, 3],
    [2, 5],
  ])('gradient of a weight [%j…] against central differences', async (...shape) => {
    const w = randomNormal(shape, 2);
    const filters = shape.at(-1)!;
    const before = tf.memory().numTensors;
    const [weight] = [toTensor(w)];
    const gradient = orthogonalityGradient(weight!, 0.3);
    expect(gradient.shape).toEqual(shape);
    const wanted = centralDifference((values) => penalty(values, filters, 0.3), w.data);
    expect(relativeError(await gradient.data(), wanted)).toBeLessThan(1e-5);
    tf.dispose([weight!, gradient]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('kernels that are mixed are orthogonal each by itself', async () => {
    const w = randomNormal([3, 2, 1, 2, 4], 3);
    const weight = toTensor(w);
    const gradient = orthogonalityGradient(weight, 0.3);
    expect(gradient.shape).toEqual([3, 2, 1, 2, 4]);
    const each = (values: ArrayLike<number>) =>
      [0, 16, 32].reduce((sum, at) => sum + penalty(Array.from(values).slice(at, at + 16), 4, 0.3), 0);
    expect(relativeError(await gradient.data(), centralDifference(each, w.data))).toBeLessThan(1e-5);
    tf.dispose([weight, gradient]);
  });

  test('an update has it: by role, by the weight itself, beside L2, and with its share of the rate', async () => {
    const w = randomNormal([3, 2, 2, 4], 1).data;
    const of = (lambda: number) => centralDifference((values) => penalty(values, 4, lambda), w);
    const near = (met: number[], wanted: ArrayLike<number>) =>
      expect(relativeError(met, wanted)).toBeLessThan(1e-3);
    near(await moved(kernelOf('filter'), { orthogonality: { filter: 0.5 } }), of(0.5));
    near(await moved(kernelOf('predictor'), { orthogonality: { predictor: 0.5 } }), of(0.5));
    near(await moved(kernelOf('filter', 2), { orthogonality: { filter: 0.5 } }), of(2));
    near(await moved(kernelOf('filter', 0), { orthogonality: { filter: 0.5 } }), of(0));
    near(await moved(kernelOf('similarity'), { orthogonality: { filter: 0.5 } }), of(0));
    const both = of(1).map((value, i) => value + 0.25 * w[i]!);
    near(await moved({ ...kernelOf('filter', 1), l2: 0.25 }, {}), both);
    const slow = of(1).map((value) => 0.1 * value);
    near(await moved({ ...kernelOf('filter', 1), learningRateScale: 0.1 }, {}), slow);
  });
});

describe('orthogonality', () => {
  beforeAll(() => start('cpu'));

  test('what has no filters has no such penalty', async () => {
    const layer = tfl.layers.dense({ units: 3 });
    const input = tfl.input({ shape: [2] });
    const model = tfl.model({ inputs: input, outputs: layer.apply(input) as tfl.SymbolicTensor });
    const bias = describeWeights(model).find(({ role }) => role === 'bias') as WeightInfo;
    expect(await moved({ ...bias, role: 'filter' }, { orthogonality: { filter: 1 } })).toEqual([0, 0, 0]);
  });

  test('descent on it makes filters orthogonal and of norm 1', async () => {
    const kernel = kernelOf('filter', 1);
    for (let step = 0; step < 300; step++) await moved(kernel, {});
    expect(penalty(await kernel.variable.read().data(), 4, 1)).toBeLessThan(1e-3);
  });
});
