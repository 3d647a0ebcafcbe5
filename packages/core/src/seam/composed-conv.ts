/**
 * Plain convolution and its two gradients, composed from stock tfjs ops. The gradients are rewritten as forward
 * convolutions and plain matrix products, the kernels that every backend has in a fast form.
 */
import * as tf from '@tensorflow/tfjs-core';
import { dilatedSize, type Geometry, type Pair } from '../geometry';
import { similarityForward } from './composed-similarity';
import { accumulate, padInput, readTaps } from './patches';
import { padOrCrop, spread2d } from './spatial';

export {
  similarityBackprop,
  similarityBackpropFilter,
  similarityBackpropInput,
  similarityBackpropSimilarity,
  similarityForward,
} from './composed-similarity';

/** Floats of patches multiplied at once for the filter gradient: the operands then stay in the cache. */
const PATCH_FLOATS = 1 << 20;
/** Shorter runs of positions would cost more in calls. */
const FEWEST_POSITIONS = 2048;

/** y[B,H',W',F] of a plain convolution. */
export function convForward(x: tf.Tensor4D, w: tf.Tensor4D, g: Geometry): tf.Tensor4D {
  if (g.strides.some((s) => s > 1) && g.dilations.some((d) => d > 1)) return similarityForward(x, w, null, g);
  const [rows, columns] = g.pad;
  const pad: [Zero, [number, number], [number, number], Zero] = [[0, 0], pair(rows), pair(columns), [0, 0]];
  return tf.conv2d(x, w, pair(g.strides), pad, 'NHWC', pair(g.dilations));
}

type Zero = [number, number];

/** dx[B,H,W,C]: the convolution of dy, spread by the strides, with the flipped and transposed kernel. */
export function convBackpropInput(w: tf.Tensor4D, dy: tf.Tensor4D, g: Geometry): tf.Tensor4D {
  return tf.conv2d(spreadForInput(dy, g), flipped(w, g), 1, 'valid', 'NHWC', pair(g.dilations));
}

/** dy spread by the strides and padded, so that the windows of its plain convolution give one value an element of x. */
export function spreadForInput(dy: tf.Tensor4D, g: Geometry): tf.Tensor4D {
  const windowHeight = dilatedSize(g.kernelHeight, g.dilations[0]);
  const windowWidth = dilatedSize(g.kernelWidth, g.dilations[1]);
  const spread = spread2d(dy, g.strides);
  const top = windowHeight - 1 - g.pad[0][0];
  const left = windowWidth - 1 - g.pad[1][0];
  return padOrCrop(
    spread,
    [top, g.height + windowHeight - 1 - spread.shape[1] - top],
    [left, g.width + windowWidth - 1 - spread.shape[2] - left],
  );
}

/** w[kh,kw,C,F] turned by 180 degrees, as [kh,kw,F,C]. */
function flipped(w: tf.Tensor4D, g: Geometry): tf.Tensor4D {
  const [kernelHeight, kernelWidth, channels, filters] = w.shape;
  const taps = tf.split(tf.reshape(w, [g.taps, channels, filters]), g.taps, 0);
  const turned = tf.transpose(tf.concat(taps.reverse(), 0), [0, 2, 1]);
  return tf.reshape(turned, [kernelHeight, kernelWidth, filters, channels]);
}

/**
 * dw[kh,kw,C,F]: for each run of output rows, the patches [K·C,positions] times dy [positions,F]. With the images
 * innermost, a tap's part of the patches is a slice of x.
 */
export function convBackpropFilter(x: tf.Tensor4D, dy: tf.Tensor4D, g: Geometry): tf.Tensor4D {
  const [batch, , , filters] = dy.shape;
  const rowLength = g.outWidth * batch;
  const positions = Math.max(FEWEST_POSITIONS, PATCH_FLOATS / (g.taps * g.channels));
  const rows = Math.max(1, Math.floor(positions / rowLength));
  const images = tf.transpose(padInput(x, g), [3, 1, 2, 0]);
  const grads = tf.transpose(dy, [1, 2, 0, 3]);
  let sum: tf.Tensor | undefined;
  for (let row = 0; row < g.outHeight; row += rows) {
    const count = Math.min(rows, g.outHeight - row);
    const part = tf.tidy(() => {
      const patches = tf.concat(readTaps(images, row, count, g), 0);
      const right = tf.slice(grads, [row, 0, 0, 0], [count, g.outWidth, batch, filters]);
      return tf.matMul(
        tf.reshape(patches, [g.taps * g.channels, count * rowLength]) as tf.Tensor2D,
        tf.reshape(right, [count * rowLength, filters]) as tf.Tensor2D,
      );
    });
    sum = accumulate(sum, part);
  }
  return tf.reshape(sum as tf.Tensor, [g.kernelHeight, g.kernelWidth, g.channels, filters]);
}

function pair(p: Pair): [number, number] {
  return [p[0], p[1]];
}
