import { describeWeights, type Similarity } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { type AnyRegistry, createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import { embeddingSize, embeddings, mapOf, mapShape } from '../backbones/backbone';
import { joinModels } from '../join-models';
import { descend, withoutGradient } from '../test/learning';
import { parts, tinyBackbone, tinyPool, tinyTask } from '../test/tiny';
import { baseHead } from './base-head';

const registry: AnyRegistry = createRegistry(...parts);

/** Images of four classes, and their labels. */
function batch() {
  const { support, query } = tinyTask(tinyPool(4), 4, 2, 1);
  query.x.dispose();
  return { x: support.x as tf.Tensor4D, labels: tf.tensor1d(support.labels, 'int32') };
}

describe('training by classes', () => {
  beforeAll(async () => {
    await start('wasm');
    await registry.ready('similarity:hyperspherical');
  });

  test('is the cross-entropy of a linear layer on the embedding', async () => {
    const [backbone, { x, labels }] = [tinyBackbone(), batch()];
    const head = baseHead(backbone, { classes: 4, seed: 3, scale: 2 });
    const [kernel, bias] = head.model.getWeights();
    head.model.setWeights([kernel!, tf.tensor1d([0.1, 0.2, 0.3, 0.4])]);
    const expected = tf.tidy(() => {
      const e = embeddings(backbone, x, true);
      const y = tf.mul(
        tf.add(tf.matMul(e, tf.reshape(kernel!, [36, 4]) as tf.Tensor2D), [0.1, 0.2, 0.3, 0.4]),
        2,
      );
      return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(y), tf.oneHot(labels, 4)), 1)));
    });
    const loss = head.training.loss({ x, labels });
    expect((await loss.data())[0]).toBeCloseTo((await expected.data())[0]!, 5);
    expect(bias!.shape).toEqual([4]);
  });

  test.each([
    ['linear', undefined, {}],
    ['cosine', 'hyperspherical', { scale: 5, useBias: false }],
  ])('moves all weights of backbone and %s head, and leaves no tensor', async (_, similarity, options) => {
    const { x, labels } = batch();
    const before = tf.memory().numTensors;
    const backbone = tinyBackbone();
    const head = baseHead(backbone, {
      classes: 4,
      seed: 3,
      ...options,
      similarity: similarity ? (registry.make('similarity', similarity) as Similarity) : undefined,
    });
    const model = joinModels('learner', [backbone, head.model]);
    const loss = () => head.training.loss({ x, labels });
    expect(describeWeights(model).map(({ name }) => name)).toContain('base_head/kernel');
    expect(await withoutGradient(model, loss)).toEqual([]);
    const losses = await descend(model, loss, 0.1);
    expect(losses.at(-1)!).toBeLessThan(losses[0]! - 0.1);
    disposeModel(model);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('wants two classes', () => {
    expect(() => baseHead(tinyBackbone(), { classes: 1, seed: 0 })).toThrow(
      expect.objectContaining({ code: 'FEWSHOT_BASE_CLASSES' }),
    );
  });
});

describe('a backbone', () => {
  beforeAll(() => start('cpu'));

  test('gives the map before its embedding, of which the embedding is made', async () => {
    const backbone = tinyBackbone();
    const maps = mapOf(backbone);
    expect([mapShape(maps), embeddingSize(backbone), embeddingSize(maps)]).toEqual([[3, 3, 4], 36, 36]);
    const x = tf.randomNormal([2, 12, 12, 1]);
    expect(await embeddings(maps, x).data()).toEqual(await embeddings(backbone, x).data());
    expect(mapOf(maps)).toBe(maps);
  });

  test('without a map, or with a head after it, is refused where a map is wanted', () => {
    const refused = (message: RegExp) =>
      expect.objectContaining({ code: 'FEWSHOT_BACKBONE', message: expect.stringMatching(message) });
    expect(() => mapOf(tinyBackbone({ head: 'linear', classes: 3 }))).toThrow(
      refused(/weights after its map: score/),
    );
    expect(() => mapShape(tinyBackbone())).toThrow(refused(/gives \[n,36\], no map/));
  });
});
