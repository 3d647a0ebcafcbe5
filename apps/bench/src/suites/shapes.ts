/** One convolution, stride 1 and same padding, and the tensors that it and its gradients read. */
import { similarityConv2d } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';

export interface ConvShape {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly filters: number;
  /** Side of the window. */
  readonly kernel: number;
}

export function convShape(
  batch: number,
  side: number,
  channels: number,
  filters: number,
  kernel = 3,
): ConvShape {
  return { batch, height: side, width: side, channels, filters, kernel };
}

/** The shapes that the ratios are means over. */
export const ratioShapes = [
  convShape(32, 32, 32, 32),
  convShape(32, 16, 64, 64),
  convShape(32, 8, 128, 128),
  convShape(8, 42, 64, 64),
];

export function nameOf({ batch, height, width, channels, filters, kernel }: ConvShape): string {
  return `${batch}×${height}×${width}×${channels}→${filters}, ${kernel}×${kernel}`;
}

/** Of the forward pass; the two gradients are as much each. */
export function gflop({ batch, height, width, channels, filters, kernel }: ConvShape): number {
  return (2 * batch * height * width * kernel ** 2 * channels * filters) / 1e9;
}

export interface ConvTensors {
  readonly x: tf.Tensor4D;
  readonly w: tf.Tensor4D;
  readonly dy: tf.Tensor4D;
}

export function convTensors({ batch, height, width, channels, filters, kernel }: ConvShape): ConvTensors {
  return {
    x: tf.randomNormal([batch, height, width, channels], 0, 1, 'float32', 1),
    w: tf.randomNormal([kernel, kernel, channels, filters], 0, 0.1, 'float32', 2),
    dy: tf.randomNormal([batch, height, width, filters], 0, 1, 'float32', 3),
  };
}

type Convolve = (x: tf.Tensor4D, w: tf.Tensor4D, m?: tf.Tensor) => tf.Tensor4D;

const ours: Convolve = (x, w, m) => similarityConv2d(x, w, m ?? null, { pad: 'same' });

/** What is timed: the forward pass, and the forward pass with the gradients of all inputs. */
export function passes({ x, w, dy }: ConvTensors, m?: tf.Tensor, convolve: Convolve = ours) {
  const given = m ? [x, w, m] : [x, w];
  const run = (...inputs: tf.Tensor[]) => convolve(...(inputs as [tf.Tensor4D, tf.Tensor4D, tf.Tensor?]));
  return {
    forward: { reads: given, run: () => tf.dispose(run(...given)) },
    train: { reads: [...given, dy], run: () => tf.dispose(tf.grads(run)(given, dy)) },
  };
}
