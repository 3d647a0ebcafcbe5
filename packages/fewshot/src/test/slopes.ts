/**
 * Gradients of a scalar against difference quotients of its own values: along a direction in which every tensor moves by ±
 * a part of its root mean square, from five samples (error of the fourth order in the step).
 */
import { randomSigns, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';

type Scalar = (...tensors: tf.Tensor[]) => tf.Scalar;

/** The slope that gradients say, and the measured one. */
async function slopes(f: Scalar, tensors: tf.Tensor[], seed: number, step: number) {
  const directions = tensors.map((tensor, i) =>
    tf.tidy(() => {
      const size = tf.sqrt(tf.mean(tf.square(tensor)));
      return tf.mul(toTensor(randomSigns(tensor.shape, seed + i)), size);
    }),
  );
  const at = async (part: number) => {
    const value = tf.tidy(() =>
      f(...tensors.map((tensor, i) => tf.add(tensor, tf.mul(directions[i]!, part * step)))),
    );
    const [number] = await value.data();
    value.dispose();
    return number!;
  };
  const [a, b, c, d] = [await at(-2), await at(-1), await at(1), await at(2)];
  const said = tf.tidy(() =>
    tf.addN(
      tf
        .grads(f)(tensors)
        .map((gradient, i) => tf.sum(tf.mul(gradient, directions[i]!))),
    ),
  );
  const [predicted] = await said.data();
  tf.dispose([said, ...directions]);
  return { measured: (8 * (c - b) - (d - a)) / (12 * step), predicted: predicted! };
}

/**
 * ‖measured − predicted slopes‖ over ‖measured‖, along three directions; of several steps the least, as kinks in reach and
 * rounding spoil some, and a wrong gradient all.
 */
export async function slopeError(f: Scalar, tensors: tf.Tensor[], seed = 1): Promise<number> {
  const errors: number[] = [];
  for (const step of [0.02, 0.005, 0.001]) {
    let [difference, size] = [0, 0];
    for (let n = 0; n < 3; n++) {
      const { measured, predicted } = await slopes(f, tensors, seed + 100 * n, step);
      difference += (measured - predicted) ** 2;
      size += measured ** 2;
    }
    errors.push(Math.sqrt(difference / size));
  }
  return Math.min(...errors);
}

/** Σ of f's gradients, each times fixed signs: a function whose gradients are second derivatives. */
export const slopeOf =
  (f: Scalar, seed = 7): Scalar =>
  (...tensors) => {
    const gradients = tf.grads(f)(tensors);
    return tf.addN(
      gradients.map((gradient, i) =>
        tf.sum(tf.mul(gradient, toTensor(randomSigns(gradient.shape, seed + i)))),
      ),
    ) as tf.Scalar;
  };
