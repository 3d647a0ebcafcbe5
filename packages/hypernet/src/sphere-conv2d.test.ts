import { describeWeights, loadModel, multiplyAdds } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import {
  checkLayer,
  convolutionForward,
  type LayerOracle,
  layerVariants,
  type NdArray,
  ndArray,
} from '@neusim/testing';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../tools/engines';
import { SphereConv2D } from './sphere-conv2d';

const one = { strides: [1, 1], pad: 'same', dilations: [1, 1] } as const;
const squared = ({ shape, data }: NdArray): NdArray => ({ shape, data: data.map((value) => value * value) });
const norm = (energy: number) => Math.sqrt(energy + 1e-4);

/** ⟨w, patch⟩ and both norms by float64 loops. */
const oracle =
  (byInput: boolean, byKernel: boolean): LayerOracle =>
  ({ input: x, weights }) => {
    const w = weights[0]!;
    const y = convolutionForward({ x, w, m: null }, one);
    const filters = w.shape[3]!;
    const ones = ndArray(w.shape, new Float64Array(w.data.length).fill(1));
    const patches = convolutionForward({ x: squared(x), w: ones, m: null }, one);
    const kernels = new Float64Array(filters);
    w.data.forEach((value, i) => {
      kernels[i % filters]! += value * value;
    });
    return {
      shape: y.shape,
      data: y.data.map(
        (value, i) =>
          value / (byInput ? norm(patches.data[i]!) : 1) / (byKernel ? norm(kernels[i % filters]!) : 1),
      ),
    };
  };

onEachEngine('SphereConv2D', () => {
  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('divided by ‖patch‖: %s, by ‖w‖: %s', async (normalizeInput, normalizeKernel) => {
    await checkLayer({
      name: 'sphere',
      layer: (x, { kernelSize }) =>
        new SphereConv2D({
          filters: 4,
          kernelSize: kernelSize[0],
          normalizeInput,
          normalizeKernel,
          seed: 1,
        }).apply(x),
      inputShape: [5, 6, 3],
      variants: layerVariants([5, 6, 3]).filter(({ name }) => /batch|image|channels|1x1|2x4|5x5/.test(name)),
      oracle: oracle(normalizeInput, normalizeKernel),
      secondOrder: true,
      load: (saved) => loadModel(createRegistry(), saved),
    });
  });
});

describe('SphereConv2D', () => {
  beforeAll(() => start('cpu'));

  const built = (args: Partial<ConstructorParameters<typeof SphereConv2D>[0]> = {}) => {
    const layer = new SphereConv2D({ filters: 500, ...args });
    const x = tfl.input({ shape: [6, 5, 8] });
    return tfl.model({ inputs: x, outputs: layer.apply(x) as tfl.SymbolicTensor });
  };
  const kernel = (model: tfl.LayersModel) => model.getWeights()[0]!;
  const deviation = (values: ArrayLike<number>) =>
    Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0) / values.length);

  test('starts He-normal times the scale, not truncated', () => {
    const values = kernel(built({ initScale: 0.1, seed: 3 })).dataSync();
    const expected = 0.1 * Math.sqrt(2 / 72);
    expect(deviation(values) / expected).toBeCloseTo(1, 1);
    expect(Math.max(...values)).toBeGreaterThan(3 * expected);
    expect(deviation(kernel(built({ initScale: 0 })).dataSync())).toBe(0);
  });

  test('one seed, one start; without a seed each differs', () => {
    const first = (seed?: number) => kernel(built({ seed })).dataSync()[0];
    for (const seed of [0, 5, 2 ** 32 + 5]) expect(first(seed)).toBe(first(seed));
    expect(new Set([0, 5, 2 ** 32 + 5].map(first)).size).toBe(3);
    expect(first(5)).not.toBe(first(6));
    expect(first()).not.toBe(first());
  });

  test('tells role, penalty and cost', () => {
    const model = built({ l2: 5e-3 });
    expect(describeWeights(model)).toMatchObject([{ role: 'predictor', l2: 5e-3, trainable: true }]);
    expect(describeWeights(built())[0]!.l2).toBeUndefined();
    expect(multiplyAdds(model)).toBe(6 * 5 * 9 * 8 * 500);
  });

  test.each([0, 1.5])('refuses %s filters', (filters) => {
    expect(() => new SphereConv2D({ filters })).toThrow(expect.objectContaining({ code: 'LAYER_OPTIONS' }));
  });
});
