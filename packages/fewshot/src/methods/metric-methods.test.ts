// What all methods that compare have in common.
import { describeWeights } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { type AnyRegistry, createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import { withWeights } from '../adaptation/functional';
import fewshot from '../index';
import { answers, baseBatch, build, inputOf, ofAnotherKind } from '../test/adapting';
import { descend, weightsOf, withoutGradient } from '../test/learning';
import { slopeError } from '../test/slopes';
import { parts, smoothBackbone, tinyBackbone, tinyPool, tinyTask } from '../test/tiny';
import type { FewShotMethod, Learner, Task } from '../types';

const registry: AnyRegistry = createRegistry(...parts, fewshot);
beforeAll(async () => {
  await start('wasm');
  await registry.ready();
});

type Options = Record<string, unknown>;
const make = (name: string, options: Options) => registry.make('method', name, options) as FewShotMethod;

/** Noisy enough to be learned from. */
const newTask = (way = 3): Task => tinyTask(tinyPool(way, 6, 5, 250), way, 2, 3);

/** The loss of training, on a task or a batch. */
function lossOf(learner: Learner, task: Task, batch: ReturnType<typeof baseBatch>): () => tf.Scalar {
  const { training } = learner;
  if (training.by === 'nothing') throw new Error('nothing trains it');
  return training.by === 'classes' ? () => training.loss(batch) : () => training.loss(task);
}

const methods: [string, Options, { rate?: number }][] = [
  ['proto-net', {}, { rate: 0.003 }],
  ['proto-net', { metric: 'static-bilinear', scale: 0.1 }, { rate: 0.3 }],
  ['proto-net', { metric: 'static-uns', on: 'map', scale: 0.1 }, { rate: 0.3 }],
  [
    'proto-net',
    {
      metric: 'dynamic-dns',
      on: 'features',
      scale: 0.1,
      learnScale: true,
      predictor: { name: 'pooled', hidden: 4, start: 'authors' },
    },
    { rate: 0.3 },
  ],
  ['matching-net', {}, { rate: 0.1 }],
  ['matching-net', { fullContext: true, steps: 2 }, { rate: 0.1 }],
  ['matching-net', { metric: 'static-dns', on: 'features', scale: 0.1 }, { rate: 0.1 }],
  ['relation-net', { filters: 4, hidden: 3 }, { rate: 0.3 }],
  ['relation-net', { filters: 4, hidden: 3, combine: 'mean' }, { rate: 0.3 }],
  ['nearest-neighbour', {}, { rate: 0.1 }],
  ['nearest-neighbour', { metric: 'euclidean' }, { rate: 0.1 }],
  ['simple-shot', {}, { rate: 0.1 }],
];

describe.each(methods)('%s %j', (name, options, { rate = 0.1 }) => {
  test('training reaches every weight, and the loss falls; nothing is left behind', async () => {
    const [task, batch] = [newTask(), baseBatch()];
    const before = tf.memory().numTensors;
    const learner = build(make(name, options), tinyBackbone());
    const loss = lossOf(learner, task, batch);
    const variables = Object.keys(tf.engine().registeredVariables).length;
    expect(await withoutGradient(learner.model, loss)).toEqual([]);

    const losses = await descend(learner.model, loss, rate);
    expect(losses.at(-1)!).toBeLessThan(0.97 * losses[0]!);
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(Object.keys(tf.engine().registeredVariables).length).toBe(variables);
    disposeModel(learner.model);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([task.support.x, task.query.x, batch.x, batch.labels]);
  });

  test('the gradients of the loss are its slopes', async () => {
    const [task, batch, learner] = [newTask(), baseBatch(), build(make(name, options), smoothBackbone())];
    const weights = describeWeights(learner.model).filter(({ trainable }) => trainable);
    const replaced = (...tensors: tf.Tensor[]) =>
      withWeights(learner.model, new Map(weights.map(({ variable }, i) => [variable, tensors[i]!])), () =>
        lossOf(learner, task, batch)(),
      );
    const values = weights.map(({ variable }) => tf.clone(variable.read()));
    expect(await slopeError(replaced, values)).toBeLessThan(name === 'relation-net' ? 0.02 : 2e-3);
    disposeModel(learner.model);
  });

  test('answers leave the learner as it is and no tensor, are the same of saved weights, and stop by the signal', async () => {
    const task = newTask();
    const [learner, other] = [1, 2].map((seed) =>
      make(name, options).build({ backbone: tinyBackbone({ seed }), classes: 4, way: 3, seed }),
    ) as [Learner, Learner];
    const [weights, held] = [await weightsOf(learner.model), tf.memory().numTensors];
    const logits = await answers(learner, task);
    expect(logits.length).toBe(task.query.labels.length * 3);
    expect(logits.every(Number.isFinite)).toBe(true);
    expect(await answers(other, task)).not.toEqual(logits);
    expect(await weightsOf(learner.model)).toEqual(weights);
    expect(tf.memory().numTensors).toBe(held);

    for (const { name, variable } of describeWeights(other.model))
      tf.tidy(() => {
        variable.write(tf.tensor(weights[name]!, variable.shape as number[]));
        return [];
      });
    // Its seed is another: what is drawn by `fit` is given.
    expect(await answers(other, task, 4)).toEqual(await answers(learner, task, 4));
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(learner.fit(task.support, 3, { signal })).rejects.toThrow('enough');
    disposeModel(learner.model);
    disposeModel(other.model);
  });

  test('a class that is added is as one that was there; what does not fit is refused', async () => {
    const [learner, { support, query }] = [build(make(name, options), tinyBackbone()), newTask(4)];
    const [x, asked] = [inputOf(learner, support.x), inputOf(learner, query.x)];
    const { labels } = support;
    const [three, fourth] = [tf.slice(x, 0, 6), tf.slice(x, 6, 2)];
    const before = tf.memory().numTensors;
    const [whole, grown] = [
      await learner.fit({ x, labels }, 4),
      await learner.fit({ x: three, labels: labels.slice(0, 6) }, 3),
    ];
    if (options.fullContext) expect(grown.addClass).toBeUndefined();
    else {
      await grown.addClass?.(fourth);
      expect(grown.way).toBe(4);
      const [wanted, met] = [whole.predict(asked), grown.predict(asked)];
      expect(await met.data()).toEqual(await wanted.data());
      tf.dispose([wanted, met]);
      const bad = expect.objectContaining({ code: 'FEWSHOT_BAD_SUPPORT' });
      expect(() => grown.addClass?.(tf.tidy(() => tf.slice(x, 0, 0)))).toThrow(bad);
      expect(() => grown.predict(tf.zeros([1]))).toThrow(bad);
    }
    await expect(learner.fit(ofAnotherKind(learner, support), 4)).rejects.toMatchObject({
      code: 'FEWSHOT_BAD_SUPPORT',
      message: expect.stringContaining('12,12,1'),
    });
    const none = tf.slice(asked, 0, 0);
    const nothing = whole.predict(none);
    expect(nothing.shape).toEqual([0, 4]);
    tf.dispose([none, nothing]);
    await expect(learner.fit({ x: three, labels: labels.slice(0, 6) }, 4)).rejects.toThrow(
      /no example of class 3/,
    );
    whole.dispose();
    grown.dispose();
    // What the refused calls were given.
    expect(tf.memory().numTensors - before).toBe(options.fullContext ? 0 : 2);
    disposeModel(learner.model);
  });
});
