import { describeWeights } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { relativeError } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import { embeddings } from '../backbones/backbone';
import { headLogits, headOf, headStart } from '../heads/head';
import { headTensors } from '../heads/linear-head';
import fewshot from '../index';
import { adaptingSuite, answers, build, newTask, readBy } from '../test/adapting';
import { tinyBackbone } from '../test/tiny';
import type { StaticNsnOptions } from './static-nsn';

const registry = createRegistry(fewshot);
const made = (options: Partial<StaticNsnOptions> = {}) =>
  registry.make('method', 'static-nsn', { epochs: 3, networkRate: 1, ...options });

const uns = () => tinyBackbone({ similarity: 'static-uns' });
const dns = () => tinyBackbone({ similarity: 'static-dns' });

describe('static-nsn', () => {
  beforeAll(async () => void (await start('wasm')));

  describe('M of K×K', () => adaptingSuite(made, uns));
  describe('M of K, cosine head', () => adaptingSuite(() => made({ head: 'cosine' }), dns, { rate: 0.5 }));

  test.each([
    ['static-uns', uns],
    ['static-dns', dns],
  ])('of a backbone with %s nothing but M moves, and the head', async (_, backbone) => {
    const [network, task] = [backbone(), newTask()];
    const learner = build(made({ learningRate: 0.1 }), network);
    const classifier = await learner.fit(task.support, 3);
    const all = describeWeights(network).map(({ name }) => name);
    const read = readBy(network, () => tf.dispose(classifier.predict(task.query.x)));
    const own = all.filter((name) => !read.includes(name) && !name.endsWith('/seen'));
    expect(own).toEqual(['stage1_conv1/similarity', 'stage2_conv1/similarity']);
    classifier.dispose();
  });

  test.each([
    ['static-uns', uns],
    ['static-dns', dns],
  ])('M moves with %s: with M at rest the answers are others', async (_, backbone) => {
    const task = newTask();
    const rates = { learningRate: 0.1 };
    const frozen = backbone();
    const finetune = registry.make('method', 'finetune', { epochs: 3, ...rates });
    const [moved, still] = [
      await answers(build(made(rates), backbone()), task),
      await answers(build(finetune, frozen), task),
    ];
    expect(relativeError(moved, still)).toBeGreaterThan(1e-2);
  });

  test('one step is that of the loss by M and head, kernels held', async () => {
    const [backbone, task] = [dns(), newTask()];
    const linear = headOf('linear', 'uniform');
    const options = {
      linearStart: 'uniform' as const,
      learningRate: 0.2,
      weightDecay: 0.01,
      batchSize: 6,
      epochs: 1,
    };
    const got = await answers(build(made(options), dns()), task, 5);
    const variables = describeWeights(backbone)
      .filter(({ role }) => role === 'similarity')
      .map(({ variable }) => variable);
    const head = headTensors(headStart(linear, 3, 36, 5)).map((each) => tf.variable(each));
    const logits = (x: tf.Tensor) =>
      headLogits(linear, embeddings(backbone, x), head[0] as never, head[1] as never);
    const moving = [...head, ...variables.map((each) => each.read() as tf.Variable)];
    const labels = tf.oneHot(tf.tensor1d(task.support.labels, 'int32'), 3);
    const loss = () => tf.losses.softmaxCrossEntropy(labels, logits(task.support.x)) as tf.Scalar;
    const { grads } = tf.variableGrads(loss, moving);
    for (const each of moving)
      each.assign(tf.sub(each, tf.mul(tf.add(grads[each.name]!, tf.mul(each, 0.01)), 0.2)) as never);
    expect(relativeError(got, await logits(task.query.x).data())).toBeLessThan(1e-4);
  });

  test("the kernels' gradients are not computed", async () => {
    const [backbone, task] = [uns(), newTask()];
    const learner = build(made({ learningRate: 0.1, batchSize: 6, epochs: 1 }), backbone);
    const { kernels } = await tf.profile(async () => {
      (await learner.fit(task.support, 3)).dispose();
    });
    // Of stage 2, of 4·4 channels times filters: Mᵀ·W in the forward pass. The gradient by W would be one more.
    const products = kernels.filter(
      ({ name, outputShapes }) =>
        name === 'BatchMatMul' && outputShapes.some((shape) => shape?.slice(-2).join() === '9,16'),
    );
    expect(products.length).toBe(1);
  });

  test('a backbone without a static similarity is refused', () => {
    for (const backbone of [tinyBackbone(), tinyBackbone({ similarity: 'dynamic-dns' })])
      expect(() => build(made(), backbone)).toThrow(expect.objectContaining({ code: 'FEWSHOT_BACKBONE' }));
  });
});
