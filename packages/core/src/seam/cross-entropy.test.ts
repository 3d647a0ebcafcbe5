import {
  crossEntropyForward,
  crossEntropyGradients,
  type NdArray,
  ndArray,
  randomUniform,
  relativeError,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { onEachEngine } from '../../../../tools/engines';
import { softmaxCrossEntropy } from './cross-entropy';

const shape = [3, 5];
const logits = randomUniform(shape, 1);
/** Soft labels that need not sum to 1: the gradients hold for any. */
const labels = randomUniform(shape, 2);
const u = randomUniform(shape, 3);
const v = randomUniform(shape, 4);

const moved = (from: NdArray, along: NdArray, step: number) =>
  ndArray(
    from.shape,
    from.data.map((value, i) => value + step * along.data[i]!),
  );
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);

onEachEngine('softmax cross-entropy', () => {
  describe.each([{}, { labelSmoothing: 0.1 }, { labelSmoothing: 0.01, epsilon: 1e-2 }])('%j', (options) => {
    const loss = (t: tf.Tensor, z: tf.Tensor) =>
      softmaxCrossEntropy(t as tf.Tensor2D, z as tf.Tensor2D, options);
    const exact = (t: NdArray, z: NdArray) => crossEntropyGradients(t, z, options);

    test('loss and gradients of [3,5]', async () => {
      const inputs = [toTensor(labels), toTensor(logits)];
      const before = tf.memory().numTensors;
      const value = loss(inputs[0]!, inputs[1]!);
      const [dlabels, dlogits] = tf.grads(loss)(inputs);
      expect(tf.memory().numTensors - before).toBe(3);
      expect(value.shape).toEqual([]);
      expect(relativeError(await value.data(), [crossEntropyForward(labels, logits, options)])).toBeLessThan(
        2e-6,
      );
      expect(relativeError(await dlabels!.data(), exact(labels, logits).dlabels.data)).toBeLessThan(2e-6);
      expect(relativeError(await dlogits!.data(), exact(labels, logits).dlogits.data)).toBeLessThan(2e-6);
    });

    test('gradients of <dlogits, u> + <dlabels, v>, and of its scale', async () => {
      const along = (t: tf.Tensor, z: tf.Tensor, dy: tf.Tensor) => {
        const [dt, dz] = tf.grads(loss)([t, z], dy);
        return tf.add(tf.sum(tf.mul(dz!, toTensor(u))), tf.sum(tf.mul(dt!, toTensor(v)))) as tf.Scalar;
      };
      const found = tf.grads(along)([toTensor(labels), toTensor(logits), tf.scalar(1.5)]);
      // What is differentiated is a derivative along (v, u): its gradient is that of the gradient along them.
      const step = 1e-5;
      const [above, below] = [step, -step].map((h) => exact(moved(labels, v, h), moved(logits, u, h)));
      for (const [i, name] of (['dlabels', 'dlogits'] as const).entries()) {
        const expected = above![name].data.map((a, k) => (1.5 * (a - below![name].data[k]!)) / (2 * step));
        expect(relativeError(await found[i]!.data(), expected), name).toBeLessThan(1e-5);
      }
      const here = exact(labels, logits);
      const slope = dot(here.dlogits.data, u.data) + dot(here.dlabels.data, v.data);
      expect(relativeError(await found[2]!.data(), [slope])).toBeLessThan(1e-5);
    });
  });

  test('whole-numbered labels; 0 for a batch of none, and where softmax underflows', async () => {
    const whole = tf.tensor2d([0, 1, 0], [1, 3], 'int32');
    const far = tf.tensor2d([200, 0, -200], [1, 3]);
    expect(await softmaxCrossEntropy(whole, far).data()).toEqual(Float32Array.of(200));
    const gradient = tf.grad((z: tf.Tensor) => softmaxCrossEntropy(whole, z as tf.Tensor2D))(far);
    expect(await gradient.data()).toEqual(Float32Array.of(1, -1, 0));
    const none = tf.zeros([0, 3]) as tf.Tensor2D;
    expect(await softmaxCrossEntropy(none, none).data()).toEqual(Float32Array.of(0));
    expect(tf.grad((z: tf.Tensor) => softmaxCrossEntropy(none, z as tf.Tensor2D))(none).shape).toEqual([
      0, 3,
    ]);
  });
});
