/**
 * The similarity convolution and its gradients, composed from stock tfjs ops: patches are gathered tap by tap,
 * weighted by m, and multiplied in one matrix product, in slices. Forward, the taps are the rows of an image of
 * height K and the product is a convolution with a K×1 kernel, so that the patches of a position need not lie side
 * by side. Backward, maps are turned to [C,H,W,B]: positions are innermost, m is broadcast along the channels in
 * long runs, and the sum over channels (dm) and over positions (dw) both read memory in order.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Geometry } from './geometry';
import {
  accumulate,
  join,
  joinSlices,
  padInput,
  readTaps,
  type Slice,
  scatterTaps,
  slices,
  unpadInput,
  windowRows,
} from './patches';

/** y[B,H',W',F] with m [B|1,H'|1,W'|1,K(,K)], or null. */
export function similarityForward(
  x: tf.Tensor4D,
  w: tf.Tensor4D,
  m: tf.Tensor | null,
  g: Geometry,
): tf.Tensor4D {
  const padded = padInput(x, g);
  const kernel = tf.reshape(w, [g.taps, 1, g.channels, w.shape[3]]) as tf.Tensor4D;
  return perSlice(x.shape[0], g, (s) => {
    const taps = readTaps(windowRows(padded, s, g), 0, s.rows, g);
    const patches = stack(taps, [s.positions, g.channels]);
    const weighted = m ? weigh(patches, similarityAt(m, s, g, [3, 0, 1, 2], [s.positions, 1])) : patches;
    const image = tf.reshape(weighted, [1, g.taps, s.positions, g.channels]) as tf.Tensor4D;
    return tf.reshape(tf.conv2d(image, kernel, 1, 'valid'), [s.images, s.rows, g.outWidth, w.shape[3]]);
  });
}

/** dx[B,H,W,C] with m [B|1,H'|1,W'|1,K(,K)]. */
export function similarityBackpropInput(
  w: tf.Tensor4D,
  m: tf.Tensor,
  dy: tf.Tensor4D,
  g: Geometry,
): tf.Tensor4D {
  const parts: tf.Tensor4D[][] = [];
  for (const s of slices(dy.shape[0], g))
    at(parts, s.index).push(
      tf.tidy(() => inputGradient(tapGradients(w, dyAt(dy, s, g), s, g), weightsAt(m, s, g), s, g)),
    );
  return joinInputGradients(parts, g);
}

/** dw[kh,kw,C,F] with m [B|1,H'|1,W'|1,K(,K)]. */
export function similarityBackpropFilter(
  x: tf.Tensor4D,
  m: tf.Tensor,
  dy: tf.Tensor4D,
  g: Geometry,
): tf.Tensor4D {
  const padded = padInput(x, g);
  let sum: tf.Tensor4D | undefined;
  for (const s of slices(dy.shape[0], g))
    sum = accumulate(
      sum,
      tf.tidy(() => filterGradient(patchesAt(padded, s, g), weightsAt(m, s, g), dyAt(dy, s, g), s, g)),
    );
  return sum as tf.Tensor4D;
}

/** dm of `mShape`: summed over the axes in which m is broadcast. */
export function similarityBackpropSimilarity(
  x: tf.Tensor4D,
  w: tf.Tensor4D,
  dy: tf.Tensor4D,
  mShape: readonly number[],
  g: Geometry,
): tf.Tensor {
  const padded = padInput(x, g);
  const full = perSlice(dy.shape[0], g, (s) =>
    similarityGradient(tapGradients(w, dyAt(dy, s, g), s, g), patchesAt(padded, s, g), mShape.length, s, g),
  );
  return sumBroadcast(full, mShape, g);
}

/** dx, dw and dm at once: the patches are gathered once, and dY·Wᵀ is computed once. */
export function similarityBackprop(
  x: tf.Tensor4D,
  w: tf.Tensor4D,
  m: tf.Tensor,
  dy: tf.Tensor4D,
  g: Geometry,
): [tf.Tensor4D, tf.Tensor4D, tf.Tensor] {
  const padded = padInput(x, g);
  const dxParts: tf.Tensor4D[][] = [];
  const dmParts: tf.Tensor4D[][] = [];
  let dw: tf.Tensor4D | undefined;
  for (const s of slices(dy.shape[0], g)) {
    const [dx, part, dm] = tf.tidy(() => {
      const grads = dyAt(dy, s, g);
      const patches = patchesAt(padded, s, g);
      const weights = weightsAt(m, s, g);
      const tapGrads = tapGradients(w, grads, s, g);
      return [
        inputGradient(tapGrads, weights, s, g),
        filterGradient(patches, weights, grads, s, g),
        similarityGradient(tapGrads, patches, m.rank, s, g),
      ] as const;
    });
    at(dxParts, s.index).push(dx);
    at(dmParts, s.index).push(dm);
    dw = accumulate(dw, part);
  }
  return [joinInputGradients(dxParts, g), dw as tf.Tensor4D, sumBroadcast(joinSlices(dmParts), m.shape, g)];
}

/** The slice of a padded x as patches [K,C,positions]. */
function patchesAt(padded: tf.Tensor4D, s: Slice, g: Geometry): tf.Tensor3D {
  const turned = tf.transpose(windowRows(padded, s, g), [3, 1, 2, 0]);
  return stack(readTaps(turned, 0, s.rows, g), [g.channels, s.positions]);
}

/** dy at the slice's positions: [images,rows,W',F]. */
function dyAt(dy: tf.Tensor4D, s: Slice, g: Geometry): tf.Tensor4D {
  return tf.slice(dy, [s.image, s.row, 0, 0], [s.images, s.rows, g.outWidth, dy.shape[3]]);
}

/** m at the slice's positions as [K(·K),1,positions]. */
function weightsAt(m: tf.Tensor, s: Slice, g: Geometry): tf.Tensor3D {
  return similarityAt(m, s, g, [3, 1, 2, 0], [1, s.positions]);
}

/** m at the slice's positions [images,rows,W',K(·K)], its axes ordered by `perm`, as [K(·K),...shape]. */
function similarityAt(
  m: tf.Tensor,
  s: Slice,
  g: Geometry,
  perm: number[],
  shape: [number, number],
): tf.Tensor3D {
  const [batch, height, width] = m.shape as [number, number, number];
  const values = m.rank === 5 ? g.taps * g.taps : g.taps;
  const part = tf.slice(
    tf.reshape(m, [batch, height, width, values]) as tf.Tensor4D,
    [batch === 1 ? 0 : s.image, height === 1 ? 0 : s.row, 0, 0],
    [batch === 1 ? 1 : s.images, height === 1 ? 1 : s.rows, width, values],
  );
  const everywhere = tf.broadcastTo(part, [s.images, s.rows, g.outWidth, values]);
  return tf.reshape(tf.transpose(everywhere, perm), [values, ...shape]);
}

/** M·P for patches [K,..,..]: weighted by a diagonal m, or mixed by a full one whose row k is k·K to k·K + K. */
function weigh(patches: tf.Tensor3D, m: tf.Tensor3D): tf.Tensor3D {
  const taps = patches.shape[0];
  if (m.shape[0] === taps) return tf.mul(patches, m);
  const [, rows, columns] = m.shape;
  const mixed = Array.from({ length: taps }, (_, k) =>
    tf.tidy(() => tf.sum(tf.mul(patches, tf.slice(m, [k * taps, 0, 0], [taps, rows, columns])), 0)),
  );
  return tf.stack(mixed) as tf.Tensor3D;
}

/** Mᵀ for m as `weigh` takes it. */
function transposed(m: tf.Tensor3D, taps: number): tf.Tensor3D {
  if (m.shape[0] === taps) return m;
  const [, rows, columns] = m.shape;
  return tf.reshape(tf.transpose(tf.reshape(m, [taps, taps, rows * columns]), [1, 0, 2]), [
    taps * taps,
    rows,
    columns,
  ]);
}

/** dY·Wₖᵀ for each tap: [K,C,positions]. */
function tapGradients(w: tf.Tensor4D, dy: tf.Tensor4D, s: Slice, g: Geometry): tf.Tensor3D {
  const filters = w.shape[3];
  const turned = tf.reshape(tf.transpose(dy, [3, 1, 2, 0]), [filters, s.positions]) as tf.Tensor2D;
  const kernel = tf.reshape(w, [g.taps * g.channels, filters]) as tf.Tensor2D;
  return tf.reshape(tf.matMul(kernel, turned), [g.taps, g.channels, s.positions]);
}

/** dx of the slice, on the whole padded map: [images,padded height,padded width,C]. */
function inputGradient(tapGrads: tf.Tensor3D, m: tf.Tensor3D, s: Slice, g: Geometry): tf.Tensor4D {
  const weighted = tf.split(weigh(tapGrads, transposed(m, g.taps)), g.taps, 0);
  const maps = weighted.map((t) => tf.reshape(t, [g.channels, s.rows, g.outWidth, s.images]) as tf.Tensor4D);
  return tf.transpose(scatterTaps(maps, s.row, g), [3, 1, 2, 0]);
}

function joinInputGradients(parts: tf.Tensor4D[][], g: Geometry): tf.Tensor4D {
  return unpadInput(
    join(
      parts.map((rows) => rows.reduce(accumulate)),
      0,
    ),
    g,
  );
}

function filterGradient(
  patches: tf.Tensor3D,
  m: tf.Tensor3D,
  dy: tf.Tensor4D,
  s: Slice,
  g: Geometry,
): tf.Tensor4D {
  const filters = dy.shape[3];
  const left = tf.reshape(weigh(patches, m), [g.taps * g.channels, s.positions]) as tf.Tensor2D;
  const right = tf.reshape(tf.transpose(dy, [1, 2, 0, 3]), [s.positions, filters]) as tf.Tensor2D;
  return tf.reshape(tf.matMul(left, right), [g.kernelHeight, g.kernelWidth, g.channels, filters]);
}

/** dm at the slice's positions, for an m of `rank` 4 or 5: [images,rows,W',K(·K)]. */
function similarityGradient(
  tapGrads: tf.Tensor3D,
  patches: tf.Tensor3D,
  rank: number,
  s: Slice,
  g: Geometry,
): tf.Tensor4D {
  const dm =
    rank === 4
      ? tf.sum(tf.mul(tapGrads, patches), 1)
      : tf.concat(
          tf.split(tapGrads, g.taps, 0).map((grad) => tf.tidy(() => tf.sum(tf.mul(patches, grad), 1))),
          0,
        );
  const turned = tf.reshape(dm, [dm.shape[0] as number, s.rows, g.outWidth, s.images]) as tf.Tensor4D;
  return tf.transpose(turned, [3, 1, 2, 0]);
}

function sumBroadcast(dm: tf.Tensor4D, mShape: readonly number[], g: Geometry): tf.Tensor {
  const axes = [0, 1, 2].filter((axis) => mShape[axis] === 1 && dm.shape[axis] !== 1);
  const summed = axes.length > 0 ? tf.sum(dm, axes, true) : dm;
  return mShape.length === 5
    ? tf.reshape(summed, [...(mShape.slice(0, 3) as number[]), g.taps, g.taps])
    : summed;
}

/** K maps of the same size as one tensor [K,...shape]. */
function stack(taps: tf.Tensor4D[], shape: [number, number]): tf.Tensor3D {
  const flat = taps.map((tap) => tf.reshape(tap, [1, ...shape]) as tf.Tensor3D);
  return tf.concat(flat, 0);
}

function perSlice(batch: number, g: Geometry, compute: (s: Slice) => tf.Tensor4D): tf.Tensor4D {
  const parts: tf.Tensor4D[][] = [];
  for (const s of slices(batch, g)) at(parts, s.index).push(tf.tidy(() => compute(s)));
  return joinSlices(parts);
}

function at<T>(lists: T[][], index: number): T[] {
  lists[index] ??= [];
  return lists[index];
}
