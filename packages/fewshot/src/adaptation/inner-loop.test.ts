import { describeWeights } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import fewshot from '../index';
import { descend, weightsOf, withoutGradient } from '../test/learning';
import { parts as plugins, tinyBackbone, tinyPool, tinyTask } from '../test/tiny';
import type { Learner, Task } from '../types';

const registry = createRegistry(...plugins, fewshot);
const WAY = 3;

type Name = 'maml' | 'meta-static-nsn';

function learner(
  name: Name,
  options: object = {},
  backbone: Record<string, unknown> = { similarity: 'static-uns' },
): Learner {
  const parts = { backbone: tinyBackbone(backbone), classes: 8, way: WAY, seed: 1 };
  return registry
    .make('method', name as 'maml', { steps: 2, testSteps: 3, rate: 0.1, ...options })
    .build(parts);
}

const loss = ({ training }: Learner, task: Task) => {
  if (training.by !== 'episodes') throw new Error(`trained by ${training.by}`);
  return training.loss(task);
};

const disposeTask = ({ support, query }: Task) => tf.dispose([support.x, query.x]);

async function predictions(made: Learner, task: Task, of = task.query.x, way = task.way) {
  const classifier = await made.fit(task.support, way);
  const logits = classifier.predict(of);
  const values = await logits.data();
  expect(logits.shape).toEqual([of.shape[0], way]);
  logits.dispose();
  classifier.dispose();
  return values;
}

describe.each(['maml', 'meta-static-nsn'] as const)('%s', (name) => {
  beforeAll(() => start('wasm'));

  test.each([{}, { rates: 'learned' }, { order: 1, rates: 'learned' }, { statistics: 'running' }])(
    'with %o every weight is trained, and the loss falls',
    async (options) => {
      const task = tinyTask(tinyPool());
      const before = tf.memory().numTensors;
      const made = learner(name, options);
      const held = tf.memory().numTensors;
      expect(await withoutGradient(made.model, () => loss(made, task))).toEqual([]);
      const losses = await descend(made.model, () => loss(made, task), 0.05);
      expect(losses.at(-1)).toBeLessThan(0.9 * losses[0]!);
      expect(tf.memory().numTensors).toBe(held);
      disposeModel(made.model);
      expect(tf.memory().numTensors).toBe(before);
      disposeTask(task);
    },
  );

  test('fit leaves the learner as it is, and nothing behind; the same again', async () => {
    const made = learner(name);
    const [task, query] = [tinyTask(tinyPool()), tinyTask(tinyPool(8, 6, 2)).query.x];
    const weights = await weightsOf(made.model);
    const held = tf.memory().numTensors;
    const first = await predictions(made, task);
    expect(tf.memory().numTensors).toBe(held);
    expect(await weightsOf(made.model)).toEqual(weights);
    expect(await predictions(made, task)).toEqual(first);
    const twin = learner(name);
    expect(await predictions(twin, task)).toEqual(first);
    // It adapts: another support, other answers.
    const other = { ...task, support: { x: task.query.x, labels: task.query.labels } };
    expect(await predictions(made, other)).not.toEqual(first);
    disposeModel(made.model);
    disposeModel(twin.model);
    disposeTask(task);
    query.dispose();
  });

  test('a signal stops it between two steps, and progress is told', async () => {
    const made = learner(name, { testSteps: 5 });
    const task = tinyTask(tinyPool());
    const held = tf.memory().numTensors;
    const stop = new AbortController();
    const seen: string[] = [];
    const onProgress = (done: number, total: number) => {
      seen.push(`${done}/${total}`);
      if (done === 2) stop.abort(new Error('enough'));
    };
    await expect(made.fit(task.support, WAY, { signal: stop.signal, onProgress })).rejects.toThrow('enough');
    expect(seen).toEqual(['1/5', '2/5']);
    await expect(made.fit(task.support, WAY, { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(tf.memory().numTensors).toBe(held);
    disposeModel(made.model);
    disposeTask(task);
  });

  test('running statistics: a prediction does not depend on its neighbours; training moves them once an episode', async () => {
    const made = learner(name, { statistics: 'running' });
    const task = tinyTask(tinyPool());
    const seen = async () =>
      Promise.all(
        describeWeights(made.model)
          .filter((w) => w.name.endsWith('/seen'))
          .map(async (w) => (await w.variable.read().data())[0]),
      );
    loss(made, task).dispose();
    // 1 − 0.9: one batch of decay 0.9.
    for (const weight of await seen()) expect(weight).toBeCloseTo(0.1, 5);
    const all = await predictions(made, task);
    const one = tf.slice(task.query.x, [0, 0, 0, 0], [1, -1, -1, -1]);
    const alone = await predictions(made, task, one);
    for (const [i, value] of alone.entries()) expect(value).toBeCloseTo(all[i]!, 4);
    for (const weight of await seen()) expect(weight).toBeCloseTo(0.1, 5);
    const batch = learner(name);
    const together = await predictions(batch, task);
    expect([...(await predictions(batch, task, one))]).not.toEqual([...together.subarray(0, WAY)]);
    disposeModel(made.model);
    disposeModel(batch.model);
    disposeTask(task);
    one.dispose();
  });

  test('a head of zeros serves any way; a learned one its own', async () => {
    const task = tinyTask(tinyPool(), 4);
    for (const rates of ['fixed', 'learned']) {
      const made = learner(name, { head: 'zero', rates });
      const trainable = describeWeights(made.model).filter((w) => w.trainable);
      expect(trainable.some((w) => w.layer.endsWith('_head'))).toBe(false);
      expect(await predictions(made, task)).toHaveLength(4 * 12);
      const losses = await descend(made.model, () => loss(made, task), 0.05);
      expect(losses.at(-1)).toBeLessThan(losses[0]!);
      disposeModel(made.model);
    }
    const made = learner(name);
    const refusal = { code: 'FEWSHOT_WAY', data: { method: name, way: 4, trained: WAY } };
    await expect(made.fit(task.support, 4)).rejects.toMatchObject(refusal);
    expect(() => loss(made, task)).toThrow(expect.objectContaining(refusal));
    const bad = { code: 'FEWSHOT_BAD_SUPPORT' };
    await expect(made.fit(task.support, 5)).rejects.toMatchObject(bad);
    const flat = { ...task.support, x: tf.reshape(task.support.x, [task.support.labels.length, -1]) };
    await expect(made.fit(flat, WAY)).rejects.toMatchObject(bad);
    flat.x.dispose();
    disposeModel(made.model);
    disposeTask(task);
  });

  test('without steps it is the network as trained', async () => {
    const made = learner(name, { steps: 0, testSteps: 0 });
    const task = tinyTask(tinyPool());
    const other = { ...task, support: { x: task.query.x, labels: task.query.labels } };
    expect(await predictions(made, task)).toEqual(await predictions(made, other));
    disposeModel(made.model);
    disposeTask(task);
  });

  test('options that are none', () => {
    for (const options of [{ rate: 0 }, { steps: -1 }, { order: 3 }, { head: 'none' }, { stepz: 1 }])
      expect(() => learner(name, options)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});

describe('which weights', () => {
  beforeAll(() => start('wasm'));

  test('maml adapts those of some roles, or the head alone', async () => {
    const task = tinyTask(tinyPool());
    const rated = (adapt: object | string) => {
      const made = learner('maml', { adapt, rates: 'learned' });
      const names = describeWeights(made.model).flatMap((w) => (w.layer === 'maml_rates' ? [w.name] : []));
      disposeModel(made.model);
      return names.map((each) => each.replace('maml_rates/', ''));
    };
    const head = ['maml_head_kernel', 'maml_head_bias'];
    expect(rated([])).toEqual(head);
    expect(rated(['similarity'])).toEqual(['stage1_conv1_similarity', 'stage2_conv1_similarity', ...head]);
    expect(rated('all')).toHaveLength(8 + 2);
    expect(() => learner('maml', { adapt: ['predictor'] })).toThrow(
      expect.objectContaining({ code: 'FEWSHOT_BACKBONE' }),
    );
    disposeTask(task);
  });

  test('meta-static-nsn adapts M and the head; frozen, training moves nothing else either', async () => {
    const made = learner('meta-static-nsn', { kernels: 'frozen', rates: 'learned' });
    const task = tinyTask(tinyPool());
    const weights = await weightsOf(made.model);
    await descend(made.model, () => loss(made, task), 0.05, 2);
    const after = await weightsOf(made.model);
    const moved = Object.keys(weights).filter((name) => weights[name]!.join() !== after[name]!.join());
    const states = /moving_|seen/;
    expect(moved.filter((name) => !states.test(name))).toEqual([
      'stage1_conv1/similarity',
      'stage2_conv1/similarity',
      'meta-static-nsn_head/kernel',
      'meta-static-nsn_head/bias',
      'meta-static-nsn_rates/stage1_conv1_similarity',
      'meta-static-nsn_rates/stage2_conv1_similarity',
      'meta-static-nsn_rates/meta-static-nsn_head_kernel',
      'meta-static-nsn_rates/meta-static-nsn_head_bias',
    ]);
    disposeModel(made.model);
    disposeTask(task);
  });

  test.each([{}, { similarity: 'dynamic-dns' }])('meta-static-nsn refuses a backbone with %o', (backbone) => {
    expect(() => learner('meta-static-nsn', {}, backbone)).toThrow(
      expect.objectContaining({ code: 'FEWSHOT_BACKBONE' }),
    );
  });

  test('maml takes any backbone: a predicted M adapts too', async () => {
    const made = learner('maml', {}, { similarity: 'dynamic-dns' });
    const task = tinyTask(tinyPool());
    const losses = await descend(made.model, () => loss(made, task), 0.05);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    disposeModel(made.model);
    disposeTask(task);
  });
});
