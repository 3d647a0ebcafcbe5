/**
 * Convolutions three rows high by Winograd's F(2,3), along the rows alone (Lavin & Gray 2016, in one dimension): two
 * output rows come from four products of a row instead of six. The columns are left to tfjs's own convolution, so
 * what is added to its work is sums of whole rows. Stride and dilation 1.
 *
 *     V = [x0 − x2, x1 + x2, x2 − x1, x1 − x3]          U = [w0, (w0 + w1 + w2)/2, (w0 − w1 + w2)/2, w2]
 *     y0 = M0 + M1 + M2,  y1 = M1 − M2 − M3             M = V ∗ U, each a convolution one row high
 */
import { type Geometry, padOrCrop } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';

type T4 = tf.Tensor4D;
type Four<T> = [T, T, T, T];

/** Floats of the largest operand in one run: more than a few of them then stay in the cache. */
const RUN_FLOATS = 1 << 17;
/** Positions multiplied at once for the filter gradient. */
const RUN_POSITIONS = 2048;

/** Whether the geometry is one that this file can do. */
export function isWinograd({ kernelHeight, strides, dilations, outHeight }: Geometry): boolean {
  return kernelHeight === 3 && outHeight > 1 && [...strides, ...dilations].every((n) => n === 1);
}

/** y[B,H',W',F] from x[B,H,W,C] and w[3,kw,C,F]. */
export function winogradForward(x: T4, w: T4, g: Geometry): T4 {
  const [batch, height, width, channels] = x.shape;
  const filters = w.shape[3];
  const pairs = Math.ceil(g.outHeight / 2);
  const kernels = transformedKernel(w);
  const images = Math.max(1, Math.floor(RUN_FLOATS / (pairs * width * Math.max(channels, filters))));
  const runs: T4[] = [];
  for (let image = 0; image < batch; image += images)
    runs.push(
      tf.tidy(() => {
        const count = Math.min(images, batch - image);
        const part = tf.slice(x, [image, 0, 0, 0], [count, height, width, channels]);
        const padded = padOrCrop(part, rowPadding(g), [0, 0]);
        const rows = transformedRows(tf.reshape(padded, [count, pairs + 1, 2, width * channels]), [
          count,
          pairs,
          width,
          channels,
        ]);
        const products = rows.map((row, i) => {
          const y = tf.conv2d(row, kernels[i] as T4, 1, [[0, 0], [0, 0], [...g.pad[1]], [0, 0]]);
          return tf.reshape(y, [count * pairs, 1, g.outWidth * filters]);
        }) as Four<tf.Tensor3D>;
        const [m0, m1, m2, m3] = products;
        const both = tf.concat([tf.add(tf.add(m0, m1), m2), tf.sub(tf.sub(m1, m2), m3)] as tf.Tensor3D[], 1);
        const y = tf.reshape(both, [count, 2 * pairs, g.outWidth, filters]) as T4;
        return padOrCrop(y, [0, g.outHeight - 2 * pairs], [0, 0]);
      }),
    );
  return runs.length === 1 ? (runs[0] as T4) : tf.concat(runs, 0);
}

/**
 * dw[3,kw,C,F]: the transpose of the same sums. With the images innermost, what a tap reads of V is a slice, and
 * four products with dy's transformed rows give the gradient of U.
 */
export function winogradFilterGradient(x: T4, dy: T4, g: Geometry): T4 {
  const [batch, , width, filters] = dy.shape;
  const pairs = Math.ceil(g.outHeight / 2);
  const readWidth = width + g.kernelWidth - 1;
  const columns = [g.pad[1][0], readWidth - g.width - g.pad[1][0]] as const;
  const images = tf.transpose(padOrCrop(x, rowPadding(g), columns), [3, 1, 2, 0]);
  const grads = padOrCrop(dy, [0, 2 * pairs - g.outHeight], [0, 0]);
  const turned = tf.transpose(grads, [1, 2, 0, 3]);
  const most = Math.max(1, Math.floor(RUN_POSITIONS / (width * batch)));
  let sum: tf.Tensor | undefined;
  for (let pair = 0; pair < pairs; pair += most) {
    const before = sum;
    sum = tf.tidy(() => {
      const count = Math.min(most, pairs - pair);
      const positions = count * width * batch;
      const read = tf.slice(images, [0, 2 * pair, 0, 0], [g.channels, 2 * count + 2, readWidth, batch]);
      const rows = transformedRows(tf.reshape(read, [g.channels, count + 1, 2, readWidth * batch]), [
        g.channels,
        count,
        readWidth,
        batch,
      ]);
      const given = tf.slice(turned, [2 * pair, 0, 0, 0], [2 * count, width, batch, filters]);
      const products = transformedGradients(tf.reshape(given, [count, 2, width * batch * filters])).flatMap(
        (right, i) =>
          Array.from({ length: g.kernelWidth }, (_, column) => {
            const tap = tf.slice(rows[i] as T4, [0, 0, column, 0], [g.channels, count, width, batch]);
            const left = tf.reshape(tap, [g.channels, positions]) as tf.Tensor2D;
            return tf.matMul(left, tf.reshape(right, [positions, filters]) as tf.Tensor2D);
          }),
      );
      const joined = tf.concat(products, 0);
      return before ? tf.add(before, joined) : joined;
    });
    before?.dispose();
  }
  return kernelGradient(tf.reshape(sum as tf.Tensor, [4, g.kernelWidth, g.channels, filters]) as T4);
}

/** Padding of x's rows, so that they make whole pairs and the pair after. */
function rowPadding(g: Geometry): [number, number] {
  const top = g.pad[0][0];
  return [top, 2 * Math.ceil(g.outHeight / 2) + 2 - g.height - top];
}

/** V of rows [A,pairs + 1,2,D], each of the four shaped `shape` = [A,pairs,..,..]. */
function transformedRows(rows: tf.Tensor, shape: Four<number>): Four<T4> {
  const [outer, , , inner] = rows.shape as Four<number>;
  const pairs = shape[1];
  const at = (odd: 0 | 1, later: 0 | 1) =>
    tf.reshape(tf.slice(rows as T4, [0, later, odd, 0], [outer, pairs, 1, inner]), shape) as T4;
  const [x0, x1, x2, x3] = [at(0, 0), at(1, 0), at(0, 1), at(1, 1)];
  return [tf.sub(x0, x2), tf.add(x1, x2), tf.sub(x2, x1), tf.sub(x1, x3)];
}

/** U of w[3,kw,C,F], each [1,kw,C,F]. */
function transformedKernel(w: T4): Four<T4> {
  const [w0, w1, w2] = tf.split(w, 3, 0) as [T4, T4, T4];
  const outer = tf.mul(tf.add(w0, w2), 0.5);
  const middle = tf.mul(w1, 0.5);
  return [w0, tf.add(outer, middle), tf.sub(outer, middle), w2];
}

/** The gradients of M (the last one's negative) from dy's pairs of rows [pairs,2,D]. */
function transformedGradients(rows: tf.Tensor): Four<tf.Tensor> {
  const [dy0, dy1] = tf.split(rows, 2, 1) as [tf.Tensor, tf.Tensor];
  return [dy0, tf.add(dy0, dy1), tf.sub(dy0, dy1), dy1];
}

/** dw from the gradients of U, [4,kw,C,F], the last one's negative. */
function kernelGradient(du: T4): T4 {
  const [u0, u1, u2, u3] = tf.split(du, 4, 0) as Four<T4>;
  const outer = tf.mul(tf.add(u1, u2), 0.5);
  return tf.concat([tf.add(u0, outer), tf.mul(tf.sub(u1, u2), 0.5), tf.sub(outer, u3)] as T4[], 0);
}
