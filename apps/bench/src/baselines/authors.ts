/**
 * Dynamic DNS as the authors' TensorFlow code computes it: the filter inflated to nine groups, each with zeros
 * everywhere but at its own tap; one convolution to 9·F channels; these weighted by m and summed over the nine. Nine
 * times the work of a convolution, and nine times its output in memory. A frozen copy.
 */
import { SIMILARITY_CONV2D } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { composed } from './foundation/override';

/** y[B,H,W,F] of x[B,H,W,C], w[3,3,C,F] and m[B,H,W,9]; stride 1, same padding, as all of the authors' layers. */
export function authorsDns(x: tf.Tensor4D, w: tf.Tensor4D, m: tf.Tensor4D): tf.Tensor4D {
  const [height, width, channels, filters] = w.shape;
  const taps = height * width;
  const ownTap = tf.reshape(tf.eye(taps), [taps, 1, taps, 1]);
  const inflated = tf.mul(tf.reshape(w, [taps, channels, 1, filters]), ownTap);
  const filter = tf.reshape(inflated, [height, width, channels, taps * filters]) as tf.Tensor4D;
  const groups = tf.conv2d(x, filter, 1, 'same');
  const [batch, outHeight, outWidth] = groups.shape;
  const apart = tf.reshape(groups, [batch, outHeight, outWidth, taps, filters]);
  return tf.sum(tf.mul(apart, tf.expandDims(m, -1)), 3) as tf.Tensor4D;
}

interface Inputs {
  readonly x: tf.Tensor4D;
  readonly w: tf.Tensor4D;
  readonly m: tf.Tensor4D;
}

/** The same under the seam's name, for whole networks. */
export const authorsKernel = composed(SIMILARITY_CONV2D, (inputs) => {
  const { x, w, m } = inputs as unknown as Inputs;
  return authorsDns(x, w, m);
});

/** The seam saves inputs only: the nine groups are computed once more here, which the authors' code saves. */
export const authorsGradient: tf.GradConfig = {
  kernelName: SIMILARITY_CONV2D,
  inputsToSave: ['x', 'w', 'm'],
  gradFunc: (dy, saved) => {
    const run = (...inputs: tf.Tensor[]) =>
      authorsDns(...(inputs as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D]));
    // A tape within a backward pass makes tfjs forget the one it is walking back along: it is put back.
    const { state } = tf.engine();
    const outer = state.activeTape;
    const [dx, dw, dm] = tf.grads(run)(saved, dy as tf.Tensor4D) as [tf.Tensor, tf.Tensor, tf.Tensor];
    state.activeTape = outer;
    return { x: () => dx, w: () => dw, m: () => dm };
  },
};
