import { startBackend } from '@neusim/core';
import { disposeModel, type Model } from '@neusim/models';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeRegistry } from '../registry';
import { isDynamic, learnedShapes, predictedMatrices, staticMatrices } from './learned';

const registry = makeRegistry();
const small = { inputShape: [8, 8, 1], width: 2, depth: 1 };

async function network(options: object) {
  await registry.ready();
  const model: Model = registry.make('model', 'nsn-digits', { ...small, ...options } as never);
  return model.build();
}

describe('what a network learned', () => {
  beforeAll(async () => {
    await startBackend(registry, 'cpu');
  });

  test('a static M starts at the identity, and is read with the kernel it belongs to', async () => {
    const model = await network({ similarity: 'static-uns' });
    const [first] = staticMatrices(model);
    expect(first).toMatchObject({ layer: 'stage1_conv1', kernel: [3, 3], form: 'full' });
    expect(first?.values).toEqual(Array.from({ length: 81 }, (_, index) => (index % 10 === 0 ? 1 : 0)));
    expect(isDynamic(model)).toBe(false);
    disposeModel(model);
  });

  test('a learned shape is read as zeros and ones', async () => {
    const model = await network({ similarity: 'static-dns', shape: 'learned-binary', kernelSize: 5 });
    const [first] = learnedShapes(model);
    expect(first?.kernel).toEqual([5, 5]);
    expect(first?.mask).toHaveLength(25);
    expect(first?.mask.every((value) => value === 0 || value === 1)).toBe(true);
    disposeModel(model);
  });

  test.each(['dynamic-dns', 'dynamic-uns'])(
    'the predicted M of %s: of a permuted batch it is the permuted M',
    async (similarity) => {
      const predictor = { name: 'sphere', start: 'authors', initScale: [1, 1], hidden: 4 };
      const model = await network({ similarity, predictor });
      const before = tf.memory().numTensors;
      const images = tf.randomUniform([3, 8, 8, 1], 0, 1, 'float32', 3) as tf.Tensor4D;
      const permuted = tf.gather(images, tf.tensor1d([2, 0, 1], 'int32'));
      const [first, third] = [
        predictedMatrices(model, images),
        predictedMatrices(model, tf.slice(images, 2, 1)),
      ];
      const moved = predictedMatrices(model, permuted);
      for (const [index, { values, kernel, height, width }] of moved.dynamic.entries()) {
        const taps = kernel[0] * kernel[1];
        expect(values).toHaveLength(height * width * (similarity === 'dynamic-dns' ? taps : taps * taps));
        for (const [at, value] of values.entries())
          expect(value).toBeCloseTo(third.dynamic[index]?.values[at] as number, 5);
        expect(moved.spread[index]?.images).toBeCloseTo(first.spread[index]?.images as number, 5);
      }
      for (const { positions, images: over } of first.spread) {
        expect(positions).toBeGreaterThan(0);
        expect(over).toBeGreaterThan(0);
      }
      tf.dispose([images, permuted]);
      expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 2);
      disposeModel(model);
    },
  );
});
