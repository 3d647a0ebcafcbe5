/** What the tests of all methods that adapt on a support ask. */
import { describeWeights } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { expect, test } from 'vitest';
import type { Examples, FewShotMethod, Learner, Task } from '../types';
import { descend, weightsOf, withoutGradient } from './learning';
import { tinyPool, tinyTask } from './tiny';

export const build = (method: FewShotMethod, backbone: LayersModel, classes = 4): Learner =>
  method.build({ backbone, classes, way: 3, seed: 7 });

/** Images of four base classes. */
export function baseBatch() {
  const { support, query } = tinyTask(tinyPool(4, 6, 2), 4, 3, 1);
  query.x.dispose();
  return { x: support.x as tf.Tensor4D, labels: tf.tensor1d(support.labels, 'int32') };
}

/** A task of three classes that are not among them. */
export const newTask = (way = 3): Task => tinyTask(tinyPool(way, 6, 5), way, 2, 3);

/** What `fit` and `predict` take. */
export const inputOf = (learner: Learner, images: tf.Tensor): tf.Tensor =>
  learner.embed?.(images as tf.Tensor4D) ?? tf.clone(images);

/** Images where what `embed` makes of them is wanted, and the other way round. */
export const ofAnotherKind = ({ embed }: Learner, { x, labels }: Examples): Examples => ({
  x: embed ? x : tf.reshape(x, [labels.length, -1]),
  labels,
});

/** Logits of the task's query after adapting to its support. */
export async function answers(learner: Learner, { way, support, query }: Task, seed = 0): Promise<number[]> {
  const [x, asked] = [inputOf(learner, support.x), inputOf(learner, query.x)];
  const classifier = await learner.fit({ x, labels: support.labels }, way, { seed });
  const logits = classifier.predict(asked);
  const values = [...(await logits.data())];
  classifier.dispose();
  tf.dispose([x, asked, logits]);
  return values;
}

/** Names of the weights that `f` reads off the model, sorted: those that others stand for are not. */
export function readBy(model: LayersModel, f: () => void): string[] {
  const names = new Set<string>();
  for (const { name, variable } of describeWeights(model)) {
    const read = variable.read.bind(variable);
    variable.read = () => {
      names.add(name);
      return read();
    };
  }
  f();
  return [...names].sort();
}

/** Share of right answers. */
export function accuracy(logits: readonly number[], { way, query }: Task): number {
  const right = [...query.labels].filter((label, i) => {
    const row = logits.slice(i * way, (i + 1) * way);
    return row.indexOf(Math.max(...row)) === label;
  });
  return right.length / query.labels.length;
}

/**
 * @param method with few steps on the support. @param backbone of images 12×12×1.
 * @param steps whether what is drawn by the seed, and steps, are part of adapting.
 */
export function adaptingSuite(
  method: () => FewShotMethod,
  backbone: () => LayersModel,
  { rate = 0.05, steps = true }: { rate?: number; steps?: boolean } = {},
): void {
  test('training reaches every weight, and the loss falls', async () => {
    const learner = build(method(), backbone());
    if (learner.training.by !== 'classes') throw new Error('not trained by classes');
    const batch = baseBatch();
    const { loss } = learner.training;
    expect(await withoutGradient(learner.model, () => loss(batch))).toEqual([]);
    const losses = await descend(learner.model, () => loss(batch), rate);
    expect(losses.at(-1)!).toBeLessThan(0.95 * losses[0]!);
    disposeModel(learner.model);
    tf.dispose([batch.x, batch.labels]);
  });

  test('adapting leaves the learner as it is, and no tensor behind', async () => {
    const task = newTask();
    const before = tf.memory().numTensors;
    const learner = build(method(), backbone());
    const [weights, held] = [await weightsOf(learner.model), tf.memory().numTensors];
    const logits = await answers(learner, task);
    expect(logits.every(Number.isFinite)).toBe(true);
    expect(logits.length).toBe(task.query.labels.length * 3);
    expect(tf.memory().numTensors).toBe(held);
    expect(await weightsOf(learner.model)).toEqual(weights);
    disposeModel(learner.model);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('the seed is what adapting depends on', async () => {
    const [learner, task] = [build(method(), backbone()), newTask()];
    const first = await answers(learner, task, 1);
    expect(await answers(learner, task, 1)).toEqual(first);
    if (steps) expect(await answers(learner, task, 2)).not.toEqual(first);
    else expect(await answers(learner, task, 2)).toEqual(first);
    disposeModel(learner.model);
  });

  test('stops by the signal, and leaves no tensor', async () => {
    const [learner, { support }] = [build(method(), backbone()), newTask()];
    const x = inputOf(learner, support.x);
    const before = tf.memory().numTensors;
    const controller = new AbortController();
    let done = 0;
    if (!steps) controller.abort(new Error('enough'));
    const options = {
      signal: controller.signal,
      onProgress: () => {
        done++;
        if (done === 2) controller.abort(new Error('enough'));
      },
    };
    await expect(learner.fit({ x, labels: support.labels }, 3, options)).rejects.toThrow('enough');
    expect(done).toBe(steps ? 2 : 0);
    expect(tf.memory().numTensors).toBe(before);
    disposeModel(learner.model);
  });

  test('a class that is added is as one that was there, and a support that does not fit is refused', async () => {
    const [learner, task] = [build(method(), backbone()), newTask(4)];
    const x = inputOf(learner, task.support.x);
    const asked = inputOf(learner, task.query.x);
    // Class by class, two of each: as an added class comes last.
    const { labels } = task.support;
    const before = tf.memory().numTensors;
    const whole = await learner.fit({ x, labels }, 4, { seed: 3 });
    const wanted = await whole.predict(asked).data();
    const three = tf.slice(x, 0, 6);
    const grown = await learner.fit({ x: three, labels: labels.slice(0, 6) }, 3, { seed: 3 });
    expect(grown.way).toBe(3);
    await grown.addClass?.(tf.slice(x, 6, 2));
    expect(grown.way).toBe(4);
    expect([...(await grown.predict(asked).data())]).toEqual([...wanted]);
    const bad = expect.objectContaining({ code: 'FEWSHOT_BAD_SUPPORT' });
    await expect(learner.fit({ x: three, labels: labels.slice(0, 6) }, 4)).rejects.toThrow(bad);
    await expect(learner.fit(ofAnotherKind(learner, task.support), 4)).rejects.toThrow(bad);
    await expect(grown.addClass?.(tf.slice(x, 0, 0))).rejects.toThrow(bad);
    expect(() => grown.predict(tf.zeros([1, 2]))).toThrow(bad);
    whole.dispose();
    grown.dispose();
    // Two predictions, three slices and the zeros; and images that lie flat.
    expect(tf.memory().numTensors).toBe(before + (learner.embed ? 6 : 7));
    disposeModel(learner.model);
  });
}
