import { createRegistry } from '@neusim/registry';
import { relativeError } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import fewshot from '../index';
import { accuracy, adaptingSuite, answers, baseBatch, build, newTask } from '../test/adapting';
import { weightsOf } from '../test/learning';
import { tinyBackbone } from '../test/tiny';
import type { ClassBatch } from '../types';
import type { DiscriminativeKShotOptions } from './discriminative-k-shot';

type Loss = (batch: ClassBatch) => tf.Scalar;

const registry = createRegistry(fewshot);
const made = (options: Partial<DiscriminativeKShotOptions> = {}) =>
  registry.make('method', 'discriminative-k-shot', options);

describe('discriminative-k-shot', () => {
  beforeAll(async () => void (await start('wasm')));

  describe.each(['isotropic', 'diagonal', 'full'] as const)('with a prior that is %s', (covariance) =>
    adaptingSuite(() => made({ covariance }), tinyBackbone, { steps: false }),
  );

  test('finds the classes of a task', async () => {
    const task = newTask();
    expect(accuracy(await answers(build(made(), tinyBackbone()), task), task)).toBeGreaterThan(0.8);
  });

  test('what the base classes have learned is what new classes start from', async () => {
    const [learner, task] = [build(made(), tinyBackbone()), newTask()];
    const before = await answers(learner, task);
    const head = learner.model.getLayer('base_head');
    const [kernel, bias] = head.getWeights().map((weight) => tf.clone(weight));
    // Weights of twice the spread: a wider prior. Then all of them moved: another mean.
    head.setWeights([tf.mul(kernel!, 2), bias!]);
    expect(relativeError(await answers(learner, task), before)).toBeGreaterThan(0.1);
    head.setWeights([tf.add(kernel!, 1), bias!]);
    const moved = await answers(learner, task);
    expect(relativeError(moved, before)).toBeGreaterThan(0.1);
    // The mean is common to all classes: differences of logits stay.
    const spread = (logits: number[]) => logits.map((each, i) => each - logits[i - (i % 3)]!);
    expect(relativeError(spread(moved), spread(before))).toBeLessThan(1e-3);
  });

  test('a head that nothing has trained is fitted on the base classes, the backbone as it is', async () => {
    const [learner, task, batch] = [build(made(), tinyBackbone()), newTask(), baseBatch()];
    const own = async (isHead: boolean) =>
      Object.entries(await weightsOf(learner.model)).filter(([name]) => /^base_head/.test(name) === isHead);
    if (learner.training.by !== 'classes') throw new Error('not trained by classes');
    const loss = async () => (await (learner.training as { loss: Loss }).loss(batch).data())[0]!;
    const first = await loss();
    // The loss has moved the running statistics.
    const [before, backbone, untrained] = [await answers(learner, task), await own(false), await own(true)];
    await learner.fitBase!(
      (async function* () {
        yield batch;
      })(),
    );
    expect(await own(false)).toEqual(backbone);
    expect(await own(true)).not.toEqual(untrained);
    expect(await loss()).toBeLessThan(0.7 * first);
    expect(relativeError(await answers(learner, task), before)).toBeGreaterThan(0.1);
  });

  test('a prior of no weight gives other answers, one that outweighs the support its mean', async () => {
    const [backbone, task] = [tinyBackbone(), newTask()];
    const learners = [1, 1e-3, 1e9].map((strength) => build(made({ strength }), tinyBackbone()));
    const [prior, weak, strong] = await Promise.all(learners.map((learner) => answers(learner, task)));
    expect(relativeError(weak!, prior!)).toBeGreaterThan(0.5);
    for (const [i, logit] of strong!.entries()) expect(logit).toBeCloseTo(strong![i - (i % 3)]!, 4);
    backbone.dispose();
  });

  test('with and without a bias', async () => {
    const [with_, without] = [build(made(), tinyBackbone()), build(made({ bias: false }), tinyBackbone())];
    expect(with_.model.getLayer('base_head').weights.length).toBe(2);
    expect(without.model.getLayer('base_head').weights.length).toBe(1);
    const task = newTask();
    expect(relativeError(await answers(with_, task), await answers(without, task))).toBeGreaterThan(1e-4);
  });
});
