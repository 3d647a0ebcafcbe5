import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import { type Fit, fitToGrow } from './refit';

beforeAll(() => start('cpu'));

/** Answers with the labels that it was fitted to, after a while. */
const labelling: Fit = async ({ labels }) => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return { predict: () => tf.tensor2d([...labels], [1, labels.length]), dispose: () => {} };
};

test('classes that are added without waiting come one after the other; what was given may be disposed of', async () => {
  const before = tf.memory().numTensors;
  const x = tf.zeros([1, 2]);
  const classifier = await fitToGrow(labelling, [2], { x, labels: Int32Array.of(0) }, 1);
  const [one, two] = [tf.ones([2, 2]), tf.ones([1, 2])];
  const refused = classifier.addClass?.(tf.tidy(() => tf.zeros([1, 3])));
  const added = [one, two].map((each) => classifier.addClass?.(each));
  tf.dispose([one, two]);
  await expect(refused).rejects.toMatchObject({ code: 'FEWSHOT_BAD_SUPPORT' });
  await Promise.all(added);
  expect(classifier.way).toBe(3);
  const answer = classifier.predict(x);
  expect([...(await answer.data())]).toEqual([0, 1, 1, 2]);
  classifier.dispose();
  tf.dispose([x, answer]);
  expect(tf.memory().numTensors).toBe(before + 1);
});
