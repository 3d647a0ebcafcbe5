import core, { describeWeights } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { type AnyRegistry, createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import fewshot from '../index';
import { baseBatch, build } from '../test/adapting';
import { logitsOf, points } from '../test/points';
import { bareBackbone, tinyBackbone } from '../test/tiny';
import type { FewShotMethod, Learner } from '../types';

const registry: AnyRegistry = createRegistry(core, fewshot);
const make = (options = {}) => registry.make('method', 'simple-shot', options) as FewShotMethod;

async function* batches(...all: tf.Tensor[]) {
  for (const batch of all) yield batch as tf.Tensor4D;
}
const meanOf = async ({ model }: Learner) => {
  const mean = describeWeights(model).find(({ name }) => name === 'base_centre/base_mean');
  return mean && Array.from(await mean.variable.read().data());
};

describe('simple-shot', () => {
  beforeAll(async () => {
    await start('wasm');
    await registry.ready();
  });

  // Seen from (10, 10), to the right and above.
  const support = () => points([12, 10, 0], [10, 13, 1], [11, 10, 0]);
  const query = () => points([13, 14, 1]);
  const base = () => batches(points([8, 6, 0], [10, 14, 0]).x, points([12, 10, 0]).x);

  test('centres by the mean of all base images and normalises before distances are taken', async () => {
    const learner = build(make(), bareBackbone());
    await learner.prepare?.(base());
    expect(await meanOf(learner)).toEqual([10, 10]);
    // (3, 4)/5 from (1, 0) and (0, 1).
    const [row] = await logitsOf(learner, support(), query(), 2);
    expect(row![0]).toBeCloseTo(-(0.4 ** 2 + 0.8 ** 2), 5);
    expect(row![1]).toBeCloseTo(-(0.6 ** 2 + 0.2 ** 2), 5);
  });

  test('L2N does not centre, UN does neither', async () => {
    const unit = (x: number, y: number) => [x / Math.hypot(x, y), y / Math.hypot(x, y)] as const;
    const [a, b, c, q] = [unit(12, 10), unit(11, 10), unit(10, 13), unit(13, 14)];
    const l2n = build(make({ normalization: 'L2N' }), bareBackbone());
    const [row] = await logitsOf(l2n, support(), query(), 2);
    expect(row![0]).toBeCloseTo(-(((a[0] + b[0]) / 2 - q[0]) ** 2) - ((a[1] + b[1]) / 2 - q[1]) ** 2, 5);
    expect(row![1]).toBeCloseTo(-((c[0] - q[0]) ** 2) - (c[1] - q[1]) ** 2, 5);
    const un = build(make({ normalization: 'UN' }), bareBackbone());
    const [plain] = await logitsOf(un, support(), query(), 2);
    expect(plain![0]).toBeCloseTo(-(1.5 ** 2 + 4 ** 2), 3);
    expect([l2n.prepare, un.prepare, await meanOf(l2n), await meanOf(un)]).toEqual(Array(4).fill(undefined));
  });

  test('keeps an estimate of the mean while it trains, and leaves no tensor', async () => {
    const batch = baseBatch();
    const before = tf.memory().numTensors;
    const learner = build(make(), tinyBackbone());
    expect(new Set(await meanOf(learner))).toEqual(new Set([0]));
    if (learner.training.by !== 'classes') throw new Error('not trained by classes');
    learner.training.loss(batch).dispose();
    const estimate = await meanOf(learner);
    expect(estimate?.every((value) => value >= 0)).toBe(true);
    expect(new Set(estimate).size).toBeGreaterThan(5);
    await learner.prepare?.(batches(batch.x, batch.x));
    const computed = await meanOf(learner);
    expect(computed).not.toEqual(estimate);
    const none = expect.objectContaining({ code: 'FEWSHOT_BASE_CLASSES' });
    await expect(learner.prepare?.(batches())).rejects.toThrow(none);
    expect(await meanOf(learner)).toEqual(computed);
    disposeModel(learner.model);
    expect(tf.memory().numTensors).toBe(before);
  });
});
