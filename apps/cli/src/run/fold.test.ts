import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { input, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { expect, test } from 'vitest';
import { logitDifference } from './fold';

const network = (weight: number) => {
  const x = input({ shape: [2, 2, 1] });
  const flat = layers.flatten().apply(x) as SymbolicTensor;
  const logits = layers.dense({ units: 2, useBias: false }).apply(flat) as SymbolicTensor;
  const made = model({ inputs: x, outputs: logits });
  made.setWeights([tf.fill([4, 2], weight)]);
  return made;
};

test('logits that are all zero are equal ones, and no division by zero; others are told by the largest', async () => {
  await tf.setBackend('cpu');
  const images = tf.ones<tf.Rank.R4>([1, 2, 2, 1]);
  const difference = (first: number, second: number) =>
    logitDifference(network(first), network(second), images);
  expect(await difference(0, 0)).toBe(0);
  expect(await difference(0, 1)).toBeGreaterThan(1);
  expect(await difference(1, 1.5)).toBeCloseTo(0.5, 6);
  expect(await difference(Number.NaN, Number.NaN)).toBeNaN();
});
