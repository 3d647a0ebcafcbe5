// A classifier becomes a backbone: the same embeddings, nothing of its head left.
import { disposeModel, embeddingOf } from '@neusim/models';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import { tinyBackbone } from '../test/tiny';
import { cutHead } from './cut-head';

beforeAll(async () => {
  await start('cpu');
});

test('up to `embedding`, or to the layer named; the weights beyond are freed', async () => {
  const before = tf.memory().numTensors;
  const network = tinyBackbone({ head: 'linear', classes: 5 });
  const x = tf.randomUniform([2, 12, 12, 1], 0, 1, 'float32', 1);
  const wanted = embeddingOf(network).predict(x) as tf.Tensor;
  const backbone = cutHead(network);
  const met = backbone.predict(x) as tf.Tensor;
  expect(met.shape).toEqual([2, 36]);
  expect(await met.data()).toEqual(await wanted.data());
  const map = cutHead(backbone, backbone.layers.at(-2)!.name);
  expect(map.outputs[0]!.shape).toEqual([null, 3, 3, 4]);
  expect(cutHead(map)).toBe(map);
  disposeModel(map);
  tf.dispose([x, wanted, met]);
  expect(tf.memory().numTensors).toBe(before);
});

test('a layer that is not there', () => {
  const network = tinyBackbone();
  expect(() => cutHead(network, 'nowhere')).toThrow(
    expect.objectContaining({ code: 'FEWSHOT_BACKBONE', hint: expect.stringContaining('embedding') }),
  );
  disposeModel(network);
});
