import { random } from '@neusim/datasets';
import { relativeError } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import { bareBackbone } from '../test/tiny';
import { baseHead } from './base-head';
import { fitBaseHead } from './fit-base-head';

const [features, classes] = [3, 4];
const next = random(5, 99, 0);
const labels = Array.from({ length: 22 }, (_, i) => i % classes);
const x = labels.map((label) =>
  Array.from({ length: features }, (_, i) => 20 * (next() / 2 ** 31 - 1 + (i === label ? 1 : 0))),
);

async function* batches(size = 7) {
  for (let from = 0; from < x.length; from += size) {
    const some = x.slice(from, from + size);
    const images = tf.tensor4d(some.flat(), [some.length, 1, 1, features]);
    const own = tf.tensor1d(labels.slice(from, from + size), 'int32');
    try {
      yield { x: images, labels: own };
    } finally {
      tf.dispose([images, own]);
    }
  }
}
const flat = (images: tf.Tensor4D) => tf.reshape(images, [images.shape[0], features]) as tf.Tensor2D;
const headOf = (useBias: boolean) =>
  baseHead(bareBackbone([1, 1, features]), { classes, seed: 1, useBias }).model.getLayer('base_head');

/** The gradient of the objective at the head's weights, in double precision, from its definition. */
async function gradientOf(weights: readonly tf.Tensor[], hasBias: boolean): Promise<number[]> {
  const [kernel, bias] = await Promise.all(weights.map((each) => each.data()));
  const scale = Math.sqrt(x.flat().reduce((sum, value) => sum + value ** 2, 0) / x.length);
  const w = (i: number, c: number) => kernel![i * classes + c]! * scale;
  const b = (c: number) => (hasBias ? bias![c]! : 0);
  const gradient = [
    ...Array.from({ length: features * classes }, (_, k) => 1e-4 * w(Math.floor(k / classes), k % classes)),
    ...(hasBias ? Array.from({ length: classes }, (_, c) => 1e-4 * b(c)) : []),
  ];
  for (const [n, row] of x.entries()) {
    const logits = Array.from({ length: classes }, (_, c) =>
      row.reduce((sum, value, i) => sum + (value / scale) * w(i, c), b(c)),
    );
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    for (const [c, logit] of logits.entries()) {
      const error = (Math.exp(logit) / total - (labels[n] === c ? 1 : 0)) / x.length;
      for (const [i, value] of row.entries()) gradient[i * classes + c]! += (error * value) / scale;
      if (hasBias) gradient[features * classes + c]! += error;
    }
  }
  return gradient;
}

describe('a base head on embeddings that stay as they are', () => {
  beforeAll(async () => void (await start('wasm')));

  test.each([true, false])(
    'is where the gradient is zero (bias: %s), and leaves no tensor',
    async (hasBias) => {
      const head = headOf(hasBias);
      const before = tf.memory().numTensors;
      const start = await gradientOf(head.getWeights(), hasBias);
      await fitBaseHead(head, flat, batches());
      expect(tf.memory().numTensors).toBe(before);
      const end = await gradientOf(head.getWeights(), hasBias);
      expect(Math.hypot(...start)).toBeGreaterThan(0.05);
      expect(Math.hypot(...end)).toBeLessThan(5e-5);
      // Whatever batches they come in, and wherever the head began.
      const [first] = await Promise.all(head.getWeights().map((each) => each.data()));
      const kept = first!.slice();
      head.setWeights(head.getWeights().map((each) => tf.ones(each.shape)));
      await fitBaseHead(head, flat, batches(22));
      expect(relativeError(await head.getWeights()[0]!.data(), kept)).toBeLessThan(1e-3);
    },
  );

  test('more batches take no more memory', async () => {
    const peakOf = async (size: number) =>
      (await tf.profile(() => fitBaseHead(headOf(true), flat, batches(size)) as never)).peakBytes;
    expect(await peakOf(1)).toBeLessThanOrEqual(await peakOf(11));
  });

  test('steps are told, and a signal from among them stops it', async () => {
    const head = headOf(true);
    const stop = new AbortController();
    const told: number[][] = [];
    const onProgress = (...at: number[]) => told.push(at) === 2 && stop.abort(new Error('two are enough'));
    const fit = fitBaseHead(head, flat, batches(), { signal: stop.signal, onProgress });
    await expect(fit).rejects.toThrow('two are enough');
    expect(told).toEqual([
      [1, 500],
      [2, 500],
    ]);
  });

  test('no image is refused, a signal stops it, and no tensor is left', async () => {
    const head = headOf(true);
    const before = tf.memory().numTensors;
    await expect(fitBaseHead(head, flat, (async function* () {})())).rejects.toMatchObject({
      code: 'FEWSHOT_BASE_CLASSES',
    });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(fitBaseHead(head, flat, batches(), { signal })).rejects.toThrow('enough');
    expect(tf.memory().numTensors).toBe(before);
  });
});
