/**
 * tfjs-wasm as it comes, with the one kernel that training cannot do without added in the plainest way: the filter
 * gradient, a transposed matrix product for each tap. A frozen copy of what one has without NeuSim.
 */
import * as tf from '@tensorflow/tfjs-core';
import { composed, type Override } from './foundation/override';

type Four = [number, number, number, number];

interface FilterGradAttrs {
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number;
  readonly filterShape: Four;
}

const conv2DBackpropFilter = composed<FilterGradAttrs>(tf.Conv2DBackpropFilter, (inputs, attrs) => {
  const { x, dy } = inputs as { x: tf.Tensor4D; dy: tf.Tensor4D };
  const info = tf.backend_util.computeConv2DInfo(x.shape, attrs.filterShape, attrs.strides, 1, attrs.pad);
  const { top, bottom, left, right } = info.padInfo;
  const padded = tf.pad(x, [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]);
  const grads = tf.reshape(dy, [-1, info.outChannels]) as tf.Tensor2D;
  const taps = Array.from({ length: info.filterHeight * info.filterWidth }, (_, t) =>
    tf.tidy(() => {
      const row = Math.floor(t / info.filterWidth);
      const column = t % info.filterWidth;
      const patch = tf.stridedSlice(
        padded,
        [0, row, column, 0],
        [
          info.batchSize,
          row + (info.outHeight - 1) * info.strideHeight + 1,
          column + (info.outWidth - 1) * info.strideWidth + 1,
          info.inChannels,
        ],
        [1, info.strideHeight, info.strideWidth, 1],
      );
      return tf.matMul(tf.reshape(patch, [-1, info.inChannels]) as tf.Tensor2D, grads, true, false);
    }),
  );
  return tf.reshape(tf.stack(taps), attrs.filterShape);
});

export const stock: readonly Override[] = [conv2DBackpropFilter];
