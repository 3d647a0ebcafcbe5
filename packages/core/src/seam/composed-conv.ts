/**
 * The similarity convolution composed from stock tfjs ops: what every backend can run. Plain convolutions and
 * their gradients are rewritten as forward convolutions, the one kernel every backend has in a fast form. With
 * an M, patches are gathered tap by tap, weighted, and multiplied in one GEMM, in slices of the batch (or of
 * an image's rows) so that the patches of the whole batch never exist.
 */
import * as tf from '@tensorflow/tfjs-core';
import { dilatedSize, type Geometry, type Pair } from '../geometry';
import { padOrCrop, pick2d, spread2d } from './spatial';

/** Floats of gathered patches that exist at once. */
const PATCH_FLOATS = 1 << 20;

/** y[B,H',W',F] of a plain convolution. */
export function convForward(x: tf.Tensor4D, w: tf.Tensor4D, g: Geometry): tf.Tensor4D {
  if (stridesOrDilationsAreOne(g)) {
    const [rows, columns] = g.pad;
    return tf.conv2d(
      x,
      w,
      pair(g.strides),
      [[0, 0], pair(rows), pair(columns), [0, 0]],
      'NHWC',
      pair(g.dilations),
    );
  }
  return similarityForward(x, w, null, g);
}

/** dx[B,H,W,C]: the convolution of dy, spread by the strides, with the flipped and transposed kernel. */
export function convBackpropInput(w: tf.Tensor4D, dy: tf.Tensor4D, g: Geometry): tf.Tensor4D {
  const windowHeight = dilatedSize(g.kernelHeight, g.dilations[0]);
  const windowWidth = dilatedSize(g.kernelWidth, g.dilations[1]);
  const spread = spread2d(dy, g.strides);
  const top = windowHeight - 1 - g.pad[0][0];
  const left = windowWidth - 1 - g.pad[1][0];
  const padded = padOrCrop(
    spread,
    [top, g.height + windowHeight - 1 - spread.shape[1] - top],
    [left, g.width + windowWidth - 1 - spread.shape[2] - left],
  );
  const flipped = tf.transpose(tf.reverse(w, [0, 1]), [0, 1, 3, 2]);
  return tf.conv2d(padded, flipped, 1, 'valid', 'NHWC', pair(g.dilations));
}

/** dw[kh,kw,C,F]: the convolution of x, channels as batch, with dy as a kernel whose taps lie `strides` apart. */
export function convBackpropFilter(x: tf.Tensor4D, dy: tf.Tensor4D, g: Geometry): tf.Tensor4D {
  if (!stridesOrDilationsAreOne(g)) return similarityBackpropFilter(x, null, dy, g);
  const needed = (outSize: number, kernel: number, axis: 0 | 1) =>
    (kernel - 1) * g.dilations[axis] + (outSize - 1) * g.strides[axis] + 1;
  const padded = padOrCrop(
    x,
    [g.pad[0][0], needed(g.outHeight, g.kernelHeight, 0) - g.height - g.pad[0][0]],
    [g.pad[1][0], needed(g.outWidth, g.kernelWidth, 1) - g.width - g.pad[1][0]],
  );
  const images = tf.transpose(padded, [3, 1, 2, 0]);
  const kernel = tf.transpose(dy, [1, 2, 0, 3]);
  const dw = tf.conv2d(images, kernel, pair(g.dilations), 'valid', 'NHWC', pair(g.strides));
  return tf.transpose(dw, [1, 2, 0, 3]);
}

/** y[B,H',W',F] with m [B|1,H'|1,W'|1,K(,K)], or null. */
export function similarityForward(
  x: tf.Tensor4D,
  w: tf.Tensor4D,
  m: tf.Tensor | null,
  g: Geometry,
): tf.Tensor4D {
  const kernel = tf.reshape(w, [g.taps * g.channels, -1]) as tf.Tensor2D;
  const padded = padInput(x, g);
  return assemble(x.shape[0], g, (slice) => {
    const patches = weighted(taps(padded, slice, g), mSlice(m, slice, g), g);
    return tf.reshape(tf.matMul(joined(patches), kernel), [slice.images, slice.rows, g.outWidth, -1]);
  });
}

/** dx[B,H,W,C] with m [B|1,H'|1,W'|1,K(,K)]. */
export function similarityBackpropInput(
  w: tf.Tensor4D,
  m: tf.Tensor,
  dy: tf.Tensor4D,
  g: Geometry,
): tf.Tensor4D {
  const transposed = transposedKernels(w, g);
  const parts: tf.Tensor4D[][] = [];
  for (const slice of slices(dy.shape[0], g))
    at(parts, slice.index).push(
      tf.tidy(() => {
        const grads = tapGradients(dySlice(dy, slice, g), transposed);
        return scatter(weightedTransposed(grads, mSlice(m, slice, g), g), slice, g);
      }),
    );
  return gatherScattered(parts, g);
}

/** dw[kh,kw,C,F] with m [B|1,H'|1,W'|1,K(,K)], or null. */
export function similarityBackpropFilter(
  x: tf.Tensor4D,
  m: tf.Tensor | null,
  dy: tf.Tensor4D,
  g: Geometry,
): tf.Tensor4D {
  const padded = padInput(x, g);
  let sum: tf.Tensor2D | undefined;
  for (const slice of slices(dy.shape[0], g))
    sum = accumulate(
      sum,
      tf.tidy(() =>
        filterGradient(weighted(taps(padded, slice, g), mSlice(m, slice, g), g), dySlice(dy, slice, g)),
      ),
    );
  return filterShape(sum as tf.Tensor2D, g);
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
  const transposed = transposedKernels(w, g);
  const full = assemble(dy.shape[0], g, (slice) => {
    const grads = tapGradients(dySlice(dy, slice, g), transposed);
    return similarityGradient(grads, taps(padded, slice, g), mShape.length === 5, slice, g);
  });
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
  const transposed = transposedKernels(w, g);
  const dxParts: tf.Tensor4D[][] = [];
  const dmParts: tf.Tensor4D[][] = [];
  let dw: tf.Tensor2D | undefined;
  for (const slice of slices(dy.shape[0], g)) {
    const [dx, part, dm] = tf.tidy(() => {
      const patches = taps(padded, slice, g);
      const weights = mSlice(m, slice, g);
      const dySliced = dySlice(dy, slice, g);
      const grads = tapGradients(dySliced, transposed);
      return [
        scatter(weightedTransposed(grads, weights, g), slice, g),
        filterGradient(weighted(patches, weights, g), dySliced),
        similarityGradient(grads, patches, m.rank === 5, slice, g),
      ] as const;
    });
    at(dxParts, slice.index).push(dx);
    at(dmParts, slice.index).push(dm);
    dw = accumulate(dw, part);
  }
  return [
    gatherScattered(dxParts, g),
    filterShape(dw as tf.Tensor2D, g),
    sumBroadcast(joinSlices(dmParts), m.shape, g),
  ];
}

/** A run of images, or of output rows of one image. */
interface Slice {
  /** Which run of images this is: slices of one image share it. */
  readonly index: number;
  readonly image: number;
  readonly images: number;
  readonly row: number;
  readonly rows: number;
}

function* slices(batch: number, g: Geometry): Generator<Slice> {
  const rowFloats = g.outWidth * g.taps * g.channels;
  const images = Math.max(1, Math.floor(PATCH_FLOATS / (rowFloats * g.outHeight)));
  const rows =
    images > 1 ? g.outHeight : Math.min(g.outHeight, Math.max(1, Math.floor(PATCH_FLOATS / rowFloats)));
  for (let image = 0, index = 0; image < batch; image += images, index++)
    for (let row = 0; row < g.outHeight; row += rows)
      yield {
        index,
        image,
        images: Math.min(images, batch - image),
        row,
        rows: Math.min(rows, g.outHeight - row),
      };
}

function assemble(batch: number, g: Geometry, compute: (slice: Slice) => tf.Tensor): tf.Tensor4D {
  const parts: tf.Tensor4D[][] = [];
  for (const slice of slices(batch, g))
    at(parts, slice.index).push(tf.tidy(() => compute(slice)) as tf.Tensor4D);
  return joinSlices(parts);
}

function joinSlices(parts: tf.Tensor4D[][]): tf.Tensor4D {
  return join(
    parts.map((rows) => join(rows, 1)),
    0,
  );
}

/** tf.concat that gives back a lone part as it is, and disposes of the parts it has joined. */
function join(parts: tf.Tensor4D[], axis: number): tf.Tensor4D {
  if (parts.length === 1) return parts[0] as tf.Tensor4D;
  const whole = tf.concat(parts, axis);
  tf.dispose(parts);
  return whole;
}

function padInput(x: tf.Tensor4D, g: Geometry): tf.Tensor4D {
  const needed = (out: number, kernel: number, axis: 0 | 1) =>
    (out - 1) * g.strides[axis] + dilatedSize(kernel, g.dilations[axis]);
  return padOrCrop(
    x,
    [g.pad[0][0], needed(g.outHeight, g.kernelHeight, 0) - g.height - g.pad[0][0]],
    [g.pad[1][0], needed(g.outWidth, g.kernelWidth, 1) - g.width - g.pad[1][0]],
  );
}

/** What each tap reads at the slice's positions: K tensors [images, rows, W', C]. */
function taps(padded: tf.Tensor4D, s: Slice, g: Geometry): tf.Tensor4D[] {
  const rows = (s.rows - 1) * g.strides[0] + dilatedSize(g.kernelHeight, g.dilations[0]);
  const [, , width, channels] = padded.shape;
  const window = tf.slice(padded, [s.image, s.row * g.strides[0], 0, 0], [s.images, rows, width, channels]);
  return eachTap(g, (dy, dx) => {
    if (g.strides[0] > 1 || g.strides[1] > 1)
      return pick2d(window, [dy, dx], g.strides, [s.rows, g.outWidth]);
    return tf.slice(window, [0, dy, dx, 0], [s.images, s.rows, g.outWidth, channels]);
  });
}

function eachTap<T>(g: Geometry, visit: (dy: number, dx: number, tap: number) => T): T[] {
  return Array.from({ length: g.taps }, (_, t) =>
    visit(Math.floor(t / g.kernelWidth) * g.dilations[0], (t % g.kernelWidth) * g.dilations[1], t),
  );
}

/** m at the slice's positions: K (or K·K, row k first) tensors [images, rows, W', 1], or null. */
function mSlice(m: tf.Tensor | null, s: Slice, g: Geometry): tf.Tensor4D[] | null {
  if (!m) return null;
  const [batch, height, width] = m.shape as [number, number, number];
  const flat = m.rank === 5 ? tf.reshape(m, [batch, height, width, g.taps * g.taps]) : (m as tf.Tensor4D);
  const part = tf.slice(
    flat as tf.Tensor4D,
    [batch === 1 ? 0 : s.image, height === 1 ? 0 : s.row, 0, 0],
    [batch === 1 ? 1 : s.images, height === 1 ? 1 : s.rows, width, flat.shape[3] as number],
  );
  return tf.split(part, part.shape[3], 3);
}

/** M·P: the K patches weighted (diagonal) or mixed (full) by m. */
function weighted(patches: tf.Tensor4D[], m: tf.Tensor4D[] | null, g: Geometry): tf.Tensor4D[] {
  if (!m) return patches;
  if (m.length === g.taps) return patches.map((patch, k) => tf.mul(patch, m[k] as tf.Tensor4D));
  return patches.map((_, k) =>
    sumOf(patches.map((patch, s) => tf.mul(patch, m[k * g.taps + s] as tf.Tensor4D))),
  );
}

/** Mᵀ·G: what flows from the K gradients back to the K patches. */
function weightedTransposed(grads: tf.Tensor4D[], m: tf.Tensor4D[] | null, g: Geometry): tf.Tensor4D[] {
  if (!m || m.length === g.taps) return weighted(grads, m, g);
  return grads.map((_, s) => sumOf(grads.map((grad, k) => tf.mul(grad, m[k * g.taps + s] as tf.Tensor4D))));
}

function sumOf(terms: tf.Tensor4D[]): tf.Tensor4D {
  return terms.reduce((sum, term) => {
    const next = tf.add(sum, term) as tf.Tensor4D;
    tf.dispose([sum, term]);
    return next;
  });
}

function joined(patches: tf.Tensor4D[]): tf.Tensor2D {
  const all = patches.length === 1 ? (patches[0] as tf.Tensor4D) : tf.concat(patches, 3);
  return tf.reshape(all, [-1, all.shape[3] as number]);
}

function dySlice(dy: tf.Tensor4D, s: Slice, g: Geometry): tf.Tensor4D {
  return tf.slice(dy, [s.image, s.row, 0, 0], [s.images, s.rows, g.outWidth, dy.shape[3]]);
}

/** Wₖᵀ of each tap: K tensors [F, C]. */
function transposedKernels(w: tf.Tensor4D, g: Geometry): tf.Tensor2D[] {
  const [, , channels, filters] = w.shape;
  const all = tf.transpose(tf.reshape(w, [g.taps, channels, filters]) as tf.Tensor3D, [0, 2, 1]);
  return g.taps === 1
    ? [tf.reshape(all, [filters, channels])]
    : tf.split(all, g.taps, 0).map((part) => tf.reshape(part, [filters, channels]));
}

/** dY·Wₖᵀ for each tap: K tensors [images, rows, W', C]. */
function tapGradients(dy: tf.Tensor4D, transposed: tf.Tensor2D[]): tf.Tensor4D[] {
  const [images, rows, width, filters] = dy.shape;
  const flat = tf.reshape(dy, [-1, filters]) as tf.Tensor2D;
  return transposed.map((w) => tf.reshape(tf.matMul(flat, w), [images, rows, width, -1]));
}

function filterGradient(patches: tf.Tensor4D[], dy: tf.Tensor4D): tf.Tensor2D {
  const flat = tf.reshape(dy, [-1, dy.shape[3]]) as tf.Tensor2D;
  return tf.matMul(tf.transpose(joined(patches)), flat);
}

function filterShape(dw: tf.Tensor2D, g: Geometry): tf.Tensor4D {
  return tf.reshape(dw, [g.kernelHeight, g.kernelWidth, g.channels, -1]);
}

/** dM at the slice's positions: [images, rows, W', K or K·K]. */
function similarityGradient(
  grads: tf.Tensor4D[],
  patches: tf.Tensor4D[],
  full: boolean,
  s: Slice,
  g: Geometry,
): tf.Tensor4D {
  const dot = (a: tf.Tensor4D, b: tf.Tensor4D) => tf.tidy(() => tf.sum(tf.mul(a, b), 3, true));
  const columns = full
    ? grads.flatMap((grad) => patches.map((patch) => dot(grad, patch)))
    : grads.map((grad, k) => dot(grad, patches[k] as tf.Tensor4D));
  return tf.reshape(columns.length === 1 ? (columns[0] as tf.Tensor) : tf.concat(columns, 3), [
    s.images,
    s.rows,
    g.outWidth,
    columns.length,
  ]);
}

function sumBroadcast(dm: tf.Tensor4D, mShape: readonly number[], g: Geometry): tf.Tensor {
  const axes = [0, 1, 2].filter((axis) => mShape[axis] === 1 && dm.shape[axis] !== 1);
  const summed = axes.length > 0 ? tf.sum(dm, axes, true) : dm;
  return mShape.length === 5
    ? tf.reshape(summed, [...(mShape.slice(0, 3) as number[]), g.taps, g.taps])
    : summed;
}

/** Adds the K gradients where their taps have read: [images, padded height, padded width, C]. */
function scatter(grads: tf.Tensor4D[], s: Slice, g: Geometry): tf.Tensor4D {
  const height = (g.outHeight - 1) * g.strides[0] + dilatedSize(g.kernelHeight, g.dilations[0]);
  const width = (g.outWidth - 1) * g.strides[1] + dilatedSize(g.kernelWidth, g.dilations[1]);
  return sumOf(
    eachTap(g, (dy, dx, t) =>
      tf.tidy(() => {
        const spread = spread2d(grads[t] as tf.Tensor4D, g.strides);
        const top = s.row * g.strides[0] + dy;
        return padOrCrop(spread, [top, height - top - spread.shape[1]], [dx, width - dx - spread.shape[2]]);
      }),
    ),
  );
}

function gatherScattered(parts: tf.Tensor4D[][], g: Geometry): tf.Tensor4D {
  const padded = join(parts.map(sumOf), 0);
  const top = -g.pad[0][0];
  const left = -g.pad[1][0];
  return padOrCrop(padded, [top, g.height - padded.shape[1] - top], [left, g.width - padded.shape[2] - left]);
}

function accumulate<T extends tf.Tensor>(sum: T | undefined, term: T): T {
  if (!sum) return term;
  const next = tf.add(sum, term) as T;
  tf.dispose([sum, term]);
  return next;
}

function stridesOrDilationsAreOne(g: Geometry): boolean {
  return g.strides.every((s) => s === 1) || g.dilations.every((d) => d === 1);
}

function pair(p: Pair): [number, number] {
  return [p[0], p[1]];
}

function at<T>(lists: T[][], index: number): T[] {
  lists[index] ??= [];
  return lists[index];
}
