import { fromTensor, randomNormal, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import { requireTask } from '../examples';
import { classSums, prototypes } from './prototypes';

describe('prototypes', () => {
  beforeAll(() => start('cpu'));

  test('are the means of each class, whatever their order and number', async () => {
    const x = tf.tensor3d([1, 2, 10, 20, 3, 6, 5, 1], [4, 2, 1]);
    const means = prototypes(x, Int32Array.of(0, 1, 0, 0), 2);
    expect(means.shape).toEqual([2, 2, 1]);
    expect(Array.from(await means.data())).toEqual([3, 3, 10, 20]);
    expect(Array.from(await classSums(x, Int32Array.of(0, 1, 0, 0), 2).data())).toEqual([9, 9, 10, 20]);
  });

  test('hand each example its share of the gradient, to second order', async () => {
    const x = toTensor(randomNormal([5, 3], 1));
    const labels = Int32Array.of(1, 0, 1, 1, 0);
    const cubes = (v: tf.Tensor) =>
      tf.sum(tf.mul(tf.square(prototypes(v, labels, 2)), prototypes(v, labels, 2)));
    const first = await fromTensor(tf.grad(cubes)(x));
    const second = await fromTensor(tf.grad((v: tf.Tensor) => tf.sum(tf.grad(cubes)(v)))(x));
    const values = await x.data();
    const sizes = [2, 3];
    for (let i = 0; i < 5; i++)
      for (let f = 0; f < 3; f++) {
        const label = labels[i]!;
        let mean = 0;
        for (let j = 0; j < 5; j++) if (labels[j] === label) mean += values[j * 3 + f]! / sizes[label]!;
        expect(first.data[i * 3 + f]).toBeCloseTo((3 * mean * mean) / sizes[label]!, 5);
        expect(second.data[i * 3 + f]).toBeCloseTo((6 * mean) / sizes[label]!, 5);
      }
  });

  test.each([
    ['a class without an example', [0, 0, 2], 3, /no example of class 1 of 3/],
    ['a label beyond the way', [0, 1, 2], 2, /label 2 at 2, allowed are 0 to 1/],
    ['too few labels', [0, 1], 2, /2 labels for x \[3,2\]/],
    ['a way of none', [], 0, /way must be a whole number from 1/],
  ])('%s is refused', (_, labels, way, message) => {
    expect(() => prototypes(tf.zeros([3, 2]), Int32Array.from(labels), way)).toThrow(
      expect.objectContaining({ code: 'FEWSHOT_BAD_SUPPORT', message: expect.stringMatching(message) }),
    );
  });

  test('an episode whose query is of another shape, or none, is refused', () => {
    const support = { x: tf.zeros([2, 3]), labels: Int32Array.of(0, 1) };
    const query = (x: tf.Tensor, labels: number[]) => () =>
      requireTask({ way: 2, support, query: { x, labels: Int32Array.from(labels) } });
    expect(query(tf.zeros([1, 4]), [0])).toThrow(/query has examples \[4\], not \[3\]/);
    expect(query(tf.zeros([0, 3]), [])).toThrow(/a query of no examples/);
    expect(query(tf.zeros([1, 3]), [1])()).toEqual([1, 1]);
  });
});
