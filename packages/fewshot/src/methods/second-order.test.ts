/**
 * The gradients that training follows, of MAML and meta-learned static NSN, against central differences in float64 of the
 * loss after the inner loop, which a plain-loop network takes by its own exact gradients.
 */
import { describeWeights, variableGradients } from '@neusim/core';
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
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../../tools/engines';
import fewshot from '../index';
import { innerLoop, lossAndGradients, type OracleExamples } from '../test/meta-oracle';
import { parts, tinyBackbone } from '../test/tiny';
import type { Learner, Task } from '../types';

const registry = createRegistry(...parts, fewshot);
const [WAY, SHOT, QUERY, STEPS, RATE] = [3, 2, 2, 2, 0.3];

const examples = (perClass: number, seed: number): OracleExamples => ({
  x: randomNormal([WAY * perClass, 8, 8, 1], seed),
  labels: Int32Array.from({ length: WAY * perClass }, (_, i) => i % WAY),
});
const [support, query] = [examples(SHOT, 1), examples(QUERY, 2)];

function task(): Task {
  const of = ({ x, labels }: OracleExamples) => ({ x: toTensor(x), labels });
  return { way: WAY, support: of(support), query: of(query) };
}

const methods = {
  maml: { adapts: () => true },
  'meta-static-nsn': { adapts: (name: string) => /similarity|head/.test(name) },
} as const;

/** A learner whose weights are all drawn anew: M is no identity, and the head not tiny. */
async function learner(method: keyof typeof methods, options: object) {
  const backbone = tinyBackbone({ inputShape: [8, 8, 1], widths: [2, 2], similarity: 'static-uns' });
  const made = registry
    .make('method', method as 'maml', { steps: STEPS, rate: RATE, ...options } as never)
    .build({ backbone, classes: 8, way: WAY, seed: 1 });
  const own = describeWeights(made.model).filter(
    ({ trainable, layer }) => trainable && !layer.endsWith('rates'),
  );
  for (const [i, { variable, name }] of own.entries()) {
    const noise = randomNormal(variable.shape as number[], 10 + i);
    const scale = name.endsWith('similarity') ? 0.1 : 0.3;
    const moved = tf.tidy(() => tf.add(variable.read(), tf.mul(toTensor(noise), scale)));
    variable.write(moved);
    moved.dispose();
  }
  const weights: NdArray[] = [];
  for (const { variable } of own)
    weights.push(ndArray(variable.shape as number[], await variable.read().data()));
  return { made, own, weights };
}

/** Gradients of a training step, as the trainer takes them. */
async function trained(made: Learner, own: readonly { variable: { read(): tf.Tensor; name: string } }[]) {
  const { training } = made;
  if (training.by !== 'episodes') throw new Error(`trained by ${training.by}`);
  const episode = task();
  const variables = own.map(({ variable }) => variable.read() as tf.Variable);
  const before = tf.memory().numTensors;
  const { value, grads } = variableGradients(() => training.loss(episode), variables);
  const left = tf.memory().numTensors - before - 1 - variables.length;
  const loss = (await value.data())[0]!;
  const gradients = await Promise.all(variables.map(({ name }) => grads[name]!.data()));
  tf.dispose([value, grads, episode.support.x, episode.query.x] as tf.TensorContainer);
  return { loss, gradients, left };
}

onEachEngine('gradients through the inner loop', (engine) => {
  // On WebGPU once: the methods share the loop.
  const here: (keyof typeof methods)[] =
    engine === 'webgpu' ? ['meta-static-nsn'] : ['maml', 'meta-static-nsn'];
  describe.each(here)('%s', (method) => {
    test('first and second order', async () => {
      const { made, own, weights } = await learner(method, {});
      const rates = own.map(({ name }) => (methods[method].adapts(name) ? RATE : 0));
      const fast = innerLoop(weights, support, rates, STEPS);
      const { loss, grads } = lossAndGradients(fast, query);
      const metaLoss = (place: number) => (values: Float64Array) => {
        const moved = weights.map((w, i) => (i === place ? ndArray(w.shape, values) : w));
        return lossAndGradients(innerLoop(moved, support, rates, STEPS), query).loss;
      };

      const second = await trained(made, own);
      expect(second.loss).toBeCloseTo(loss, 5);
      expect(second.left).toBe(0);
      for (const [i, { name }] of own.entries()) {
        const exact = centralDifference(metaLoss(i), weights[i]!.data);
        expect(relativeError(second.gradients[i]!, exact), `${name} on ${engine}`).toBeLessThan(2e-4);
      }
      disposeModel(made.model);

      const { made: constant, own: again } = await learner(method, { order: 1 });
      const first = await trained(constant, again);
      expect(first.loss).toBeCloseTo(loss, 5);
      expect(first.left).toBe(0);
      for (const [i, { name }] of own.entries())
        expect(relativeError(first.gradients[i]!, grads[i]!.data), name).toBeLessThan(2e-4);
      const flat = (of: { gradients: ArrayLike<number>[] }) =>
        of.gradients.flatMap((g) => [...(g as Float32Array)]);
      expect(relativeError(flat(first), flat(second))).toBeGreaterThan(0.1);
      disposeModel(constant.model);
    });
  });
});

describe('the rest of the loop', () => {
  beforeAll(() => start('wasm'));

  test('Meta-SGD: gradients by the rates', async () => {
    const { made, own, weights } = await learner('meta-static-nsn', { rates: 'learned' });
    const rates = describeWeights(made.model).filter(({ layer }) => layer.endsWith('rates'));
    const adapting = own.flatMap(({ name }, i) => (methods['meta-static-nsn'].adapts(name) ? [i] : []));
    expect(rates.map(({ variable }) => variable.shape)).toEqual(adapting.map((i) => weights[i]!.shape));
    const { gradients } = await trained(made, rates);
    for (const [r, place] of adapting.entries()) {
      const start = new Float64Array(weights[place]!.data.length).fill(RATE);
      const exact = centralDifference((moved) => {
        const all = own.map((_, i) => (i === place ? moved : adapting.includes(i) ? RATE : 0));
        return lossAndGradients(innerLoop(weights, support, all, STEPS), query).loss;
      }, start);
      expect(relativeError(gradients[r]!, exact), rates[r]!.name).toBeLessThan(2e-4);
    }
    disposeModel(made.model);
  });

  test.each(['maml', 'meta-static-nsn'] as const)(
    '%s: what fit predicts, and that nothing else moves',
    async (method) => {
      const testSteps = 3;
      const { made, own, weights } = await learner(method, { testSteps });
      const rates = own.map(({ name }) => (methods[method].adapts(name) ? RATE : 0));
      const { logits } = lossAndGradients(innerLoop(weights, support, rates, testSteps), query);
      const unmoved = lossAndGradients(weights, query).logits;
      const episode = task();
      const classifier = await made.fit(episode.support, WAY);
      const predicted = classifier.predict(episode.query.x);
      expect(relativeError(await predicted.data(), logits.data)).toBeLessThan(1e-4);
      expect(relativeError(await predicted.data(), unmoved.data)).toBeGreaterThan(0.05);
      tf.dispose([predicted, episode.support.x, episode.query.x]);
      classifier.dispose();
      disposeModel(made.model);
    },
  );
});
