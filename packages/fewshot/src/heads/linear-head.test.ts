import { random } from '@neusim/datasets';
import { relativeError } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import { type Adaptation, adapt } from '../adaptation/adaptation';
import type { Examples } from '../types';
import { type HeadForm, type HeadValues, headLogits, headOf, headStart } from './head';
import { fitHead, headTensors } from './linear-head';

const linear = headOf('linear', 'uniform');
const zeros = headOf('linear', 'zeros');
const cosine: HeadForm = { kind: 'cosine', scale: 2, norm: 'learned' };
const fixed: HeadForm = { kind: 'cosine', scale: 3, norm: 'one' };
const options: Adaptation = {
  learningRate: 0.05,
  momentum: 0.9,
  dampening: 0.9,
  weightDecay: 1e-2,
  batchSize: 4,
  epochs: 7,
};
const [way, features, count] = [3, 11, 10];

function examples(): Examples {
  const next = random(5, 99, 0);
  const values = Float32Array.from({ length: count * features }, () => next() / 2 ** 31 - 1);
  return {
    x: tf.tensor(values, [count, features]),
    labels: Int32Array.from({ length: count }, (_, i) => i % way),
  };
}

/** The same descent on the weights themselves, with the gradient of tfjs. */
async function descend(
  support: Examples,
  form: HeadForm,
  rule: Adaptation,
  seed: number,
): Promise<HeadValues> {
  const start = headStart(form, way, features, seed);
  let tensors: tf.Tensor[] = headTensors(start);
  let velocities: tf.Tensor[] = tensors.map((each) => tf.zerosLike(each));
  await adapt(count, rule, { seed }, (batch, step) => {
    const share = step === 0 ? 1 : 1 - rule.dampening;
    const x = tf.gather(support.x, Int32Array.from(batch)) as tf.Tensor2D;
    const labels = tf.oneHot(
      Int32Array.from(batch, (i) => support.labels[i]!),
      way,
    );
    const loss = (...[w, extra]: tf.Tensor[]) => {
      const logits = headLogits(form, x, w as tf.Tensor2D, extra as tf.Tensor1D);
      const exponentials = tf.exp(logits);
      const chosen = tf.div(tf.sum(tf.mul(exponentials, labels), 1), tf.sum(exponentials, 1));
      return tf.neg(tf.mean(tf.log(chosen))) as tf.Tensor;
    };
    const grads = tf.grads(loss)(tensors);
    const moves = (i: number) => i === 0 || form.kind === 'linear' || form.norm === 'learned';
    velocities = velocities.map((velocity, i) =>
      tf.add(
        tf.mul(velocity, rule.momentum),
        tf.mul(tf.add(grads[i]!, tf.mul(tensors[i]!, rule.weightDecay)), share),
      ),
    );
    tensors = tensors.map((each, i) =>
      moves(i) ? tf.sub(each, tf.mul(velocities[i]!, rule.learningRate)) : each,
    );
  });
  const [w, perClass] = tensors as [tf.Tensor2D, tf.Tensor1D];
  return {
    weights: (await tf.transpose(w).data()) as Float32Array,
    perClass: (await perClass.data()) as Float32Array,
  };
}

describe('a head fitted on a support', () => {
  beforeAll(async () => void (await start('cpu')));

  test.each([
    ['linear', linear],
    ['linear, from zeros', zeros],
    ['cosine, with learned norms', cosine],
    ['cosine', fixed],
  ])('%s is stochastic gradient descent on its weights', async (_, form) => {
    const support = examples();
    const fitted = await fitHead(support, way, form, options, { seed: 3 });
    const wanted = await descend(support, form, options, 3);
    expect(relativeError(fitted.weights, wanted.weights)).toBeLessThan(2e-5);
    expect(relativeError(fitted.perClass, wanted.perClass)).toBeLessThan(2e-5);
    const start = headStart(form, way, features, 3);
    expect(relativeError(fitted.weights, start.weights)).toBeGreaterThan(1e-2);
  });

  test('one step of one example, by hand', async () => {
    const support = { x: tf.tensor2d([[1, 2]]), labels: Int32Array.of(0) };
    const rule = { ...options, learningRate: 0.5, weightDecay: 0.1, epochs: 1 };
    const { weights, perClass } = headStart(linear, 2, 2, 0);
    const [a, b, c, d] = weights as unknown as [number, number, number, number];
    const logits = [a + 2 * b + perClass[0]!, c + 2 * d + perClass[1]!] as const;
    const p = 1 / (1 + Math.exp(logits[1] - logits[0]));
    const fitted = await fitHead(support, 2, linear, rule);
    const step = (w: number, g: number) => w - 0.5 * (g + 0.1 * w);
    const wanted = [step(a, p - 1), step(b, 2 * (p - 1)), step(c, 1 - p), step(d, 2 * (1 - p))];
    expect(relativeError(fitted.weights, wanted)).toBeLessThan(1e-6);
    expect(fitted.perClass[0]).toBeCloseTo(step(perClass[0]!, p - 1), 6);
  });

  test('the seed gives start and order', async () => {
    const support = examples();
    const fit = async (seed: number) => [...(await fitHead(support, way, linear, options, { seed })).weights];
    expect(await fit(1)).toEqual(await fit(1));
    expect(await fit(1)).not.toEqual(await fit(2));
  });

  test('a class more leaves the start of the others', () => {
    const three = headStart(linear, 3, features, 7);
    const four = headStart(linear, 4, features, 7);
    expect([...four.weights.slice(0, 3 * features)]).toEqual([...three.weights]);
    expect(Math.max(...four.weights.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(features));
  });

  test('from zeros there is nothing in the weights but examples: what is at right angles to them has the biases alone', async () => {
    const x = tf.tensor2d([
      [1, 0, 0],
      [0, 2, 0],
    ]);
    const support = { x, labels: Int32Array.of(0, 1) };
    const third = ({ weights }: HeadValues) => [weights[2], weights[5]];
    expect(third(await fitHead(support, 2, zeros, options))).toEqual([0, 0]);
    for (const value of third(await fitHead(support, 2, linear, options)))
      expect(Math.abs(value!)).toBeGreaterThan(1e-3);
  });

  test.each([
    ['linear', zeros, 0.7],
    ['cosine', cosine, 0.2 / 4],
  ])(
    'the rate `auto` of a %s head: by the embeddings’ mean squared distance from their mean',
    async (_, form, factor) => {
      const [x, labels] = [
        tf.tensor2d([
          [3, 4],
          [0, 2],
          [0, -2],
        ]),
        Int32Array.of(0, 1, 2),
      ];
      const rows =
        form.kind === 'linear'
          ? [
              [3, 4],
              [0, 2],
              [0, -2],
            ]
          : [
              [0.6, 0.8],
              [0, 1],
              [0, -1],
            ];
      const mean = [0, 1].map((j) => rows.reduce((sum, row) => sum + row[j]! / 3, 0));
      const distance = rows.reduce(
        (sum, row) => sum + ((row[0]! - mean[0]!) ** 2 + (row[1]! - mean[1]!) ** 2) / 3,
        0,
      );
      const fit = (learningRate: number | 'auto') =>
        fitHead({ x, labels }, 3, form, { ...options, learningRate });
      const [own, wanted] = [await fit('auto'), await fit(factor / distance)];
      expect(relativeError(own.weights, wanted.weights)).toBeLessThan(1e-6);
      expect(relativeError(own.weights, (await fit(0.05)).weights)).toBeGreaterThan(1e-3);
    },
  );

  test('the rate `auto` does not depend on the scale of the network: logits do not change with it', async () => {
    const support = examples();
    const logits = async (scale: number) => {
      const x = tf.mul(support.x, scale) as tf.Tensor2D;
      // A penalty on the weights, and biases, have a scale of their own.
      const rule = { ...options, weightDecay: 0, learningRate: 'auto' as const };
      const { weights } = await fitHead({ x, labels: support.labels }, way, zeros, rule);
      return tf.matMul(x, tf.transpose(tf.tensor2d(weights, [way, features]))).data();
    };
    const [one, many] = [await logits(1), await logits(30)];
    expect(relativeError(many, one)).toBeLessThan(0.1);
  });

  test('stops between two steps, with the reason of the signal', async () => {
    const support = examples();
    const controller = new AbortController();
    const steps: number[] = [];
    const fit = fitHead(support, way, linear, options, {
      signal: controller.signal,
      onProgress: (done, total) => {
        steps.push(done);
        expect(total).toBe(21);
        if (done === 5) controller.abort(new Error('enough'));
      },
    });
    await expect(fit).rejects.toThrow('enough');
    expect(steps).toEqual([1, 2, 3, 4, 5]);
  });

  test('an embedding of zeros and equal examples give finite heads', async () => {
    const x = tf.tensor2d([
      [0, 0],
      [1, 1],
      [1, 1],
    ]);
    for (const form of [linear, zeros, cosine, fixed])
      for (const learningRate of [0.05, 'auto'] as const) {
        const { weights, perClass } = await fitHead({ x, labels: Int32Array.of(0, 1, 2) }, 3, form, {
          ...options,
          learningRate,
        });
        expect([...weights, ...perClass].every(Number.isFinite)).toBe(true);
      }
  });
});
