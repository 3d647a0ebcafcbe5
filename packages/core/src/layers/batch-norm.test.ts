import {
  batchNormForward,
  checkLayer,
  ndArray,
  randomNormal,
  relativeError,
  toTensor,
} from '@neusim/testing';
import { expect, test } from 'vitest';
import { onEachEngine } from '../../../../tools/engines';
import { BatchNorm } from './batch-norm';

onEachEngine('BatchNorm', () => {
  test('in training against the oracle', async () => {
    await checkLayer({
      name: 'BatchNorm',
      layer: () => new BatchNorm(),
      inputShape: [4, 3, 2],
      secondOrder: true,
      oracle: ({ input, weights, training }) => {
        const [gamma, beta, mean, variance] = weights as [never, never, never, never];
        if (training) return batchNormForward(input, gamma, beta, 1e-3).y;
        const [g, b, m, v] = [gamma, beta, mean, variance].map((w) => (w as { data: Float64Array }).data);
        const y = input.data.map((x, i) => {
          const c = i % g!.length;
          return ((x - m![c]!) / Math.sqrt(v![c]! + 1e-3)) * g![c]! + b![c]!;
        });
        return ndArray(input.shape, y);
      },
    });
  });

  test('running statistics are the weighted mean of the batches, without the start', async () => {
    const layer = new BatchNorm({ momentum: 0.9 });
    const batches = [1, 2, 3].map((seed) => randomNormal([50, 3], seed, seed, 2));
    for (const batch of batches) layer.apply(toTensor(batch), { training: true });
    const ones = ndArray([3], [1, 1, 1]);
    const stats = batches.map((batch) => batchNormForward(batch, ones, ones, 1e-3));
    const weights = [0.81, 0.9, 1].map((w) => w / 2.71);
    const average = (key: 'mean' | 'variance') =>
      [0, 1, 2].map((c) => weights.reduce((sum, w, i) => sum + w * stats[i]![key].data[c]!, 0));
    const [, , mean, variance] = layer.statistics();
    expect(relativeError(await mean!.data(), average('mean'))).toBeLessThan(1e-5);
    expect(relativeError(await variance!.data(), average('variance'))).toBeLessThan(1e-5);
  });

  test('inference leaves the running statistics alone', async () => {
    const layer = new BatchNorm();
    const x = toTensor(randomNormal([5, 2], 1));
    layer.apply(x);
    const values = () => Promise.all(layer.weights.map(async (w) => [...(await w.read().data())]));
    const before = await values();
    layer.apply(x);
    expect(await values()).toEqual(before);
  });

  test.each([{ momentum: 1 }, { epsilon: 0 }])('refuses %j', (args) => {
    expect(() => new BatchNorm(args)).toThrow(expect.objectContaining({ code: 'LAYER_OPTIONS' }));
  });
});
