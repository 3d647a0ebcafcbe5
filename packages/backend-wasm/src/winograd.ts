/**
 * Convolutions three rows high by Winograd's F(4,3), along the rows alone (Lavin & Gray 2016, in one dimension): four
 * output rows come from six products of a row instead of twelve. The columns are left to tfjs's own convolution, so
 * what is added to its work is sums of whole rows. Stride and dilation 1. In one dimension the error stays at a few
 * times that of the plain sum, far below what one in two has.
 *
 *     y = Aᵀ·[(G·w) ∗ (Bᵀ·x)], where ∗ is a convolution one row high; B, G and A as in the paper
 */
import { type Geometry, padOrCrop } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';

type T4 = tf.Tensor4D;
type Six<T> = [T, T, T, T, T, T];

/** Output rows of one tile. */
const TILE = 4;
/** Floats of the largest operand in one run: more than a few of them then stay in the cache. */
const RUN_FLOATS = 1 << 17;
/** Positions multiplied at once for the filter gradient. */
const RUN_POSITIONS = 2048;

/** Whether the geometry is one that this file can do, without too many rows past the end of the last tile. */
export function isWinograd({ kernelHeight, strides, dilations, outHeight }: Geometry): boolean {
  const wasted = tiles(outHeight) * TILE - outHeight;
  return kernelHeight === 3 && 3 * wasted <= outHeight && [...strides, ...dilations].every((n) => n === 1);
}

/** y[B,H',W',F] from x[B,H,W,C] and w[3,kw,C,F]. */
export function winogradForward(x: T4, w: T4, g: Geometry): T4 {
  const [batch, , width, channels] = x.shape;
  const filters = w.shape[3];
  const down = tiles(g.outHeight);
  const kernels = transformKernel(w);
  const padded = inTiles(padOrCrop(x, rowPadding(g), [0, 0]), width * channels);
  const most = Math.max(1, Math.floor(RUN_FLOATS / (down * width * Math.max(channels, filters))));
  const runs: T4[] = [];
  for (let image = 0; image < batch; image += most)
    runs.push(
      tf.tidy(() => {
        const count = Math.min(most, batch - image);
        const products = transformRows(padded, [image, 0], [count, down]).map((rows, i) => {
          const map = tf.reshape(rows, [count, down, width, channels]) as T4;
          const y = tf.conv2d(map, kernels[i] as T4, 1, [[0, 0], [0, 0], [...g.pad[1]], [0, 0]]);
          return tf.reshape(y, [count * down, 1, g.outWidth * filters]);
        });
        const y = tf.reshape(outputRows(products as Six<tf.Tensor>), [
          count,
          TILE * down,
          g.outWidth,
          filters,
        ]);
        return padOrCrop(y as T4, [0, g.outHeight - TILE * down], [0, 0]);
      }),
    );
  return runs.length === 1 ? (runs[0] as T4) : tf.concat(runs, 0);
}

/**
 * dw[3,kw,C,F]: the transpose of the same sums. With the images innermost, what a tap reads of Bᵀ·x is a slice, and
 * six products with A·dy give the gradient of G·w.
 */
export function winogradFilterGradient(x: T4, dy: T4, g: Geometry): T4 {
  const [batch, , width, filters] = dy.shape;
  const { channels } = g;
  const down = tiles(g.outHeight);
  const readWidth = width + g.kernelWidth - 1;
  const columns = [g.pad[1][0], readWidth - g.width - g.pad[1][0]] as const;
  const images = inTiles(tf.transpose(padOrCrop(x, rowPadding(g), columns), [3, 1, 2, 0]), readWidth * batch);
  const grads = tf.reshape(
    tf.transpose(padOrCrop(dy, [0, TILE * down - g.outHeight], [0, 0]), [1, 2, 0, 3]),
    [down, TILE, width * batch * filters],
  ) as tf.Tensor3D;
  const most = Math.max(1, Math.floor(RUN_POSITIONS / (width * batch)));
  let sum: tf.Tensor | undefined;
  for (let tile = 0; tile < down; tile += most) {
    const before = sum;
    sum = tf.tidy(() => {
      const count = Math.min(most, down - tile);
      const positions = count * width * batch;
      const rights = transformGradients(grads, tile, count);
      const products = transformRows(images, [0, tile], [channels, count]).flatMap((rows, i) => {
        const map = tf.reshape(rows, [channels, count, readWidth, batch]) as T4;
        const right = tf.reshape(rights[i] as tf.Tensor, [positions, filters]) as tf.Tensor2D;
        return Array.from({ length: g.kernelWidth }, (_, column) => {
          const tap = tf.slice(map, [0, 0, column, 0], [channels, count, width, batch]);
          return tf.matMul(tf.reshape(tap, [channels, positions]) as tf.Tensor2D, right);
        });
      });
      const joined = tf.concat(products, 0);
      return before ? tf.add(before, joined) : joined;
    });
    before?.dispose();
  }
  return kernelGradient(tf.reshape(sum as tf.Tensor, [6, g.kernelWidth, channels, filters]) as T4);
}

function tiles(rows: number): number {
  return Math.ceil(rows / TILE);
}

/** Padding of x's rows, so that they make whole tiles and one after. */
function rowPadding(g: Geometry): [number, number] {
  const top = g.pad[0][0];
  return [top, TILE * (tiles(g.outHeight) + 1) - g.height - top];
}

/** Rows [A,4·n,..,..] as [A,n,4,D]. */
function inTiles(x: T4, inner: number): T4 {
  return tf.reshape(x, [x.shape[0], x.shape[1] / TILE, TILE, inner]) as T4;
}

/** Bᵀ·x for rows in tiles [A,n,4,D] from `begin` on, `size` of them: each [A,n,1,D]. */
function transformRows(rows: T4, begin: [number, number], size: [number, number]): Six<T4> {
  const at = (row: number) =>
    tf.slice(
      rows,
      [begin[0], begin[1] + Math.floor(row / TILE), row % TILE, 0],
      [...size, 1, rows.shape[3]],
    ) as T4;
  const [x0, x1, x2, x3, x4, x5] = [0, 1, 2, 3, 4, 5].map(at) as Six<T4>;
  const even = tf.sub(x4, tf.mul(x2, 4));
  const odd = tf.sub(x3, tf.mul(x1, 4));
  const evenApart = tf.sub(x4, x2);
  const oddApart = tf.mul(tf.sub(x3, x1), 2);
  return [
    tf.add(tf.mul(tf.sub(x0, x2), 4), evenApart),
    tf.add(even, odd),
    tf.sub(even, odd),
    tf.add(evenApart, oddApart),
    tf.sub(evenApart, oddApart),
    tf.sub(tf.sub(x5, x3), tf.mul(oddApart, 2)),
  ];
}

/** G·w of w[3,kw,C,F]: each [1,kw,C,F]. */
function transformKernel(w: T4): Six<T4> {
  const [w0, w1, w2] = tf.split(w, 3, 0) as [T4, T4, T4];
  const outer = tf.mul(tf.add(w0, w2), -1 / 6);
  const middle = tf.mul(w1, 1 / 6);
  const wide = tf.add(tf.mul(w0, 1 / 24), tf.mul(w2, 1 / 6));
  const half = tf.mul(w1, 1 / 12);
  return [
    tf.mul(w0, 1 / 4),
    tf.sub(outer, middle),
    tf.add(outer, middle),
    tf.add(wide, half),
    tf.sub(wide, half),
    w2,
  ];
}

/** Aᵀ·m of the products [N,1,D]: rows in tiles [N,4,D]. */
function outputRows([m0, m1, m2, m3, m4, m5]: Six<tf.Tensor>): tf.Tensor {
  const [near, nearApart] = [tf.add(m1, m2), tf.sub(m1, m2)];
  const [far, farApart] = [tf.add(m3, m4), tf.sub(m3, m4)];
  const rows = [
    tf.add(tf.add(m0, near), far),
    tf.add(nearApart, tf.mul(farApart, 2)),
    tf.add(near, tf.mul(far, 4)),
    tf.add(tf.add(nearApart, tf.mul(farApart, 8)), m5),
  ];
  return tf.concat(rows, 1);
}

/** A·dy for rows in tiles [n,4,D] from tile `tile` on, `count` of them: each [n,1,D]. */
function transformGradients(rows: tf.Tensor3D, tile: number, count: number): Six<tf.Tensor> {
  const at = (row: number) => tf.slice(rows, [tile, row, 0], [count, 1, rows.shape[2]]);
  const [dy0, dy1, dy2, dy3] = [at(0), at(1), at(2), at(3)];
  const [even, odd] = [tf.add(dy0, dy2), tf.add(dy1, dy3)];
  const evenFar = tf.add(dy0, tf.mul(dy2, 4));
  const oddFar = tf.mul(tf.add(dy1, tf.mul(dy3, 4)), 2);
  return [dy0, tf.add(even, odd), tf.sub(even, odd), tf.add(evenFar, oddFar), tf.sub(evenFar, oddFar), dy3];
}

/** Gᵀ·du: dw[3,kw,C,F] from the gradients [6,kw,C,F] of G·w. */
function kernelGradient(du: T4): T4 {
  const [u0, u1, u2, u3, u4, u5] = tf.split(du, 6, 0) as Six<T4>;
  const near = tf.mul(tf.add(u1, u2), -1 / 6);
  const far = tf.add(u3, u4);
  return tf.concat(
    [
      tf.add(tf.add(tf.mul(u0, 1 / 4), near), tf.mul(far, 1 / 24)),
      tf.add(tf.mul(tf.sub(u2, u1), 1 / 6), tf.mul(tf.sub(u3, u4), 1 / 12)),
      tf.add(tf.add(near, tf.mul(far, 1 / 6)), u5),
    ] as T4[],
    0,
  );
}
