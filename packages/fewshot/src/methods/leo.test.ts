import { describeWeights, variableGradients, weightSeed } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { createRegistry } from '@neusim/registry';
import {
  centralDifference,
  type NdArray,
  ndArray,
  randomNormal,
  relativeError,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { input, layers, model as makeModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../../tools/engines';
import fewshot from '../index';
import { correlation, divergence } from '../modules/leo-network';
import { descend, weightsOf, withoutGradient } from '../test/learning';
import { type LeoNoise, type LeoWeights, leoAdapt, leoLogits, leoLoss } from '../test/leo-oracle';
import { parts as plugins, tinyBackbone, tinyPool, tinyTask } from '../test/tiny';
import type { Learner, Task } from '../types';

const registry = createRegistry(...plugins, fewshot);
const [WAY, FEATURES, LATENT] = [3, 4, 2];

/** Passes features [n,1,1,4] on. */
function identity() {
  const x = input({ name: 'features', shape: [1, 1, FEATURES] });
  const outputs = layers.flatten({ name: 'embedding' }).apply(x) as SymbolicTensor;
  return makeModel({ name: 'identity', inputs: x, outputs });
}

function learner(options: object = {}, backbone = identity()): Learner {
  return registry
    .make('method', 'leo', { latent: LATENT, latentSteps: 2, finetuningSteps: 2, ...options })
    .build({ backbone, classes: 8, way: WAY, seed: 3 });
}

const loss = ({ training }: Learner, task: Task) => {
  if (training.by !== 'episodes') throw new Error(`trained by ${training.by}`);
  return training.loss(task);
};

const examples = (perClass: number, seed: number) => ({
  x: randomNormal([WAY * perClass, FEATURES], seed),
  labels: Int32Array.from({ length: WAY * perClass }, (_, i) => i % WAY),
});
const [support, query] = [examples(2, 1), examples(3, 2)];

const as = ({ x, labels }: typeof support, shape: number[]) => ({
  x: toTensor(ndArray([labels.length, ...shape], x.data)),
  labels,
});
const featureTask = (seed?: number): Task => ({
  way: WAY,
  support: as(support, [1, 1, FEATURES]),
  query: as(query, [1, 1, FEATURES]),
  seed,
});
const disposeTask = (task: Task) => tf.dispose([task.support.x, task.query.x]);

/** What a loss of this seed draws, without dropout: first the codes' noise, then that of each classifier. */
function drawn(
  seed: number,
  calls: number,
  shapes: (call: number) => number[],
): Promise<ArrayLike<number>[]> {
  return Promise.all(
    Array.from({ length: calls }, async (_, call) => {
      const normal = tf.randomNormal(shapes(call), 0, 1, 'float32', weightSeed(seed, `leo/${call}`));
      const values = await normal.data();
      normal.dispose();
      return values;
    }),
  );
}

const arranged = (values: readonly NdArray[]): LeoWeights => ({
  encoder: values[0]!,
  relation: values.slice(1, 4),
  decoder: values[4]!,
  latentRate: values[5]!.data[0]!,
  finetuningRate: values[6]!.data[0]!,
});

/** In the order of `arranged`. */
const weightsIn = (made: Learner) =>
  ['encoder/', 'relation1', 'relation2', 'relation3', 'decoder', 'rates/latent', 'rates/finetuning'].map(
    (part) => describeWeights(made.model).find(({ name }) => name.startsWith(`leo_${part}`))!.variable,
  );

const valuesOf = (made: Learner) =>
  Promise.all(weightsIn(made).map(async (each) => ndArray(each.shape as number[], await each.read().data())));

onEachEngine('leo', (engine) => {
  test('the loss, and its gradients through both loops, against float64 loops', async () => {
    const penalties = { kl: 0.3, encoderPenalty: 0.2, l2: 0.01, orthogonality: 0.1 };
    const steps = { latentSteps: 2, finetuningSteps: 2 };
    const made = learner({ ...steps, ...penalties, dropout: 0, latentRate: 0.7, finetuningRate: 0.4 });
    const start = await valuesOf(made);
    const seed = 11;
    const numbers = await drawn(seed, 4, (call) => [WAY, call === 0 ? LATENT : FEATURES]);
    const noise = (): LeoNoise => {
      let call = 0;
      return () => numbers[call++]!;
    };
    const before = leoAdapt(arranged(start), support, WAY, steps, noise());
    const expected = (values: readonly NdArray[]) => {
      const weights = arranged(values);
      const { classifier, stats, start: z } = leoAdapt(weights, support, WAY, steps, noise());
      // The encoder's penalty pulls z alone, towards where the adapted codes are.
      const { adapted } = before;
      return (
        leoLoss(classifier, query) +
        penalties.kl * divergenceOf(stats) +
        penalties.encoderPenalty * mean(z.data.map((value, i) => (value - adapted.data[i]!) ** 2)) +
        (penalties.l2 / 2) *
          values.slice(0, 5).reduce((sum, { data }) => sum + data.reduce((a, w) => a + w * w, 0), 0) +
        penalties.orthogonality * correlationOf(weights.decoder)
      );
    };
    const task = featureTask(seed);
    const variables = weightsIn(made).map((each) => each.read() as tf.Variable);
    const held = tf.memory().numTensors;
    const { value, grads } = variableGradients(() => loss(made, task), variables);
    expect(tf.memory().numTensors - held).toBe(1 + variables.length);
    expect((await value.data())[0]).toBeCloseTo(expected(start), 4);
    for (const [place, variable] of variables.entries()) {
      const exact = centralDifference(
        (moved) => expected(start.map((w, i) => (i === place ? ndArray(w.shape, moved) : w))),
        start[place]!.data,
        1e-6,
      );
      const error = relativeError(await grads[variable.name]!.data(), exact);
      expect(error, `weight ${place} on ${engine}`).toBeLessThan(1e-4);
    }
    tf.dispose([value, grads] as tf.TensorContainer);
    disposeTask(task);
    disposeModel(made.model);
  });
});

const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

/** KL of each Gaussian from N(0, 1) as the integral that it is, on a grid; the mean. */
function divergenceOf({ data, shape }: NdArray): number {
  const half = shape[1]! / 2;
  const integrals: number[] = [];
  for (let r = 0; r < shape[0]!; r++)
    for (let k = 0; k < half; k++) {
      const [mu, variance] = [data[r * 2 * half + k]!, Math.exp(data[r * 2 * half + half + k]!)];
      const density = (x: number) =>
        Math.exp(-((x - mu) ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);
      const logRatio = (x: number) => (x ** 2 - (x - mu) ** 2 / variance - Math.log(variance)) / 2;
      const [width, steps] = [12 * Math.sqrt(variance), 2000];
      let integral = 0;
      for (let i = -steps; i <= steps; i++) {
        const x = mu + (i * width) / steps;
        integral += (density(x) * logRatio(x) * width) / steps;
      }
      integrals.push(integral);
    }
  return mean(integrals);
}

/** The mean over pairs of rows of (cos − [same])². */
function correlationOf({ data, shape }: NdArray): number {
  const [rows, values] = shape as [number, number];
  const dot = (a: number, b: number) => {
    let sum = 0;
    for (let i = 0; i < values; i++) sum += data[a * values + i]! * data[b * values + i]!;
    return sum;
  };
  const terms: number[] = [];
  for (let a = 0; a < rows; a++)
    for (let b = 0; b < rows; b++)
      terms.push((dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)) - (a === b ? 1 : 0)) ** 2);
  return mean(terms);
}

describe('leo', () => {
  beforeAll(() => start('wasm'));

  test('the divergence of a code, and how far a kernel is from right angles', async () => {
    const both = randomNormal([2, 6], 4);
    const [codes, kernel] = [toTensor(both), toTensor(both)];
    const [mu, logVariance] = tf.split(codes, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
    const values = [
      divergence({ mean: mu, logVariance, deviation: 1 }),
      divergence({ mean: tf.zeros([2, 3]), logVariance: tf.zeros([2, 3]), deviation: 1 }),
      correlation(kernel as tf.Tensor2D),
      correlation(tf.tensor2d([1, 1, 2, -2], [2, 2])),
    ];
    const [divergent, none, correlated, right] = await Promise.all(
      values.map(async (v) => (await v.data())[0]!),
    );
    expect(divergent).toBeCloseTo(divergenceOf(both), 4);
    expect(none).toBe(0);
    expect(correlated).toBeCloseTo(correlationOf(both), 5);
    expect(right).toBeCloseTo(0, 6);
    tf.dispose([codes, kernel, mu, logVariance, ...values]);
  });

  test('however large the log-variances become, loss and gradients are finite', async () => {
    const made = learner();
    const task = featureTask(4);
    // The relation network's last layer and the decoder: the second half of what each gives is log-variances.
    for (const variable of weightsIn(made).slice(3, 5)) {
      const [inputs, outputs] = variable.shape as [number, number];
      const half = tf.fill([inputs, outputs / 2], 300);
      variable.write(tf.concat([tf.split(variable.read(), 2, 1)[0]!, half], 1));
    }
    const variables = weightsIn(made).map((each) => each.read() as tf.Variable);
    const { value, grads } = variableGradients(() => loss(made, task), variables);
    for (const tensor of [value, ...Object.values(grads)])
      expect([...(await tensor.data())].every(Number.isFinite)).toBe(true);
    tf.dispose([value, grads] as tf.TensorContainer);
    disposeTask(task);
    disposeModel(made.model);
  });

  test('fit: the means, through the codes and then the classifier; without the codes’ loop another one', async () => {
    const logitsOf = async (options: object) => {
      const made = learner({ latentRate: 0.7, finetuningRate: 0.4, ...options });
      const task = { support: as(support, [FEATURES]), query: as(query, [FEATURES]) };
      const weights = await weightsOf(made.model);
      const held = tf.memory().numTensors;
      const classifier = await made.fit(task.support, WAY);
      const logits = classifier.predict(task.query.x);
      const values = await logits.data();
      logits.dispose();
      classifier.dispose();
      expect(tf.memory().numTensors).toBe(held);
      expect(await weightsOf(made.model)).toEqual(weights);
      const start = arranged(await valuesOf(made));
      tf.dispose([task.support.x, task.query.x]);
      disposeModel(made.model);
      return { values, start };
    };
    const { values, start: weights } = await logitsOf({ latentSteps: 3 });
    for (const latentSteps of [3, 0]) {
      const steps = { latentSteps, finetuningSteps: 2 };
      const { classifier } = leoAdapt(weights, support, WAY, steps, null);
      const expected = leoLogits(query.x, classifier).data;
      const { values: met } = await logitsOf({ latentSteps });
      expect(relativeError(met, expected)).toBeLessThan(1e-4);
      if (latentSteps === 0) expect(relativeError(values, expected)).toBeGreaterThan(0.1);
    }
  });

  test('a frozen backbone: images are embedded once, all else is trained, and the loss falls', async () => {
    const backbone = tinyBackbone();
    const made = learner({ latent: 4, features: 'unit', dropout: 0.1 }, backbone);
    const task = { ...tinyTask(tinyPool()), seed: 5 };
    const ofBackbone = await weightsOf(backbone);
    const held = tf.memory().numTensors;
    expect(await withoutGradient(made.model, () => loss(made, task))).toEqual([]);
    const losses = await descend(made.model, () => loss(made, task), 1);
    expect(losses.at(-1)).toBeLessThan(0.9 * losses[0]!);
    expect(await weightsOf(backbone)).toEqual(ofBackbone);
    const [x, of] = [made.embed!(task.support.x as tf.Tensor4D), made.embed!(task.query.x as tf.Tensor4D)];
    expect(of.shape).toEqual([9, 36]);
    const lengths = tf.norm(of, 2, 1);
    for (const length of await lengths.data()) expect(length).toBeCloseTo(1, 5);
    lengths.dispose();
    const classifier = await made.fit({ x, labels: task.support.labels }, WAY);
    const logits = classifier.predict(of);
    expect(logits.shape).toEqual([9, WAY]);
    expect(() => classifier.predict(task.query.x)).toThrow(
      expect.objectContaining({ code: 'FEWSHOT_BAD_SUPPORT' }),
    );
    await expect(made.fit(task.support, WAY)).rejects.toMatchObject({ code: 'FEWSHOT_BAD_SUPPORT' });
    classifier.dispose();
    tf.dispose([x, of, logits]);
    expect(tf.memory().numTensors).toBe(held);
    disposeTask(task);
    disposeModel(made.model);
  });

  test('noise is of the episode’s seed; a fit has none, and stops on a signal', async () => {
    const made = learner();
    const once = async (seed?: number) => {
      const task = featureTask(seed);
      const value = loss(made, task);
      const [number] = await value.data();
      value.dispose();
      disposeTask(task);
      return number;
    };
    expect(await once(1)).toBe(await once(1));
    expect(await once(1)).not.toBe(await once(2));
    expect(await once()).toBe(await once(0));
    const task = as(support, [FEATURES]);
    const predicted = async (seed: number) => {
      const classifier = await made.fit(task, WAY, { seed });
      const logits = classifier.predict(task.x);
      const values = await logits.data();
      logits.dispose();
      classifier.dispose();
      return values;
    };
    expect(await predicted(1)).toEqual(await predicted(2));
    const held = tf.memory().numTensors;
    const stop = new AbortController();
    const onProgress = (done: number, total: number) => {
      expect(total).toBe(4);
      if (done === 3) stop.abort(new Error('enough'));
    };
    await expect(made.fit(task, WAY, { signal: stop.signal, onProgress })).rejects.toThrow('enough');
    expect(tf.memory().numTensors).toBe(held);
    task.x.dispose();
    disposeModel(made.model);
  });
});
