/**
 * Sampling at offsets (method: §13): where a tap reads is moved by (dy, dx), and what lies between elements is read
 * bilinearly, with zeros outside the map. S is linear in x, and piecewise of first degree in each of dy and dx; with
 * S_ab its a-th derivative by dy and b-th by dx (a, b ≤ 1; further ones are zero), S_ab and its transpose are each
 * other's gradients, so that every order of derivative exists. At whole offsets the derivative is that of the cell
 * below and to the right.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Geometry } from '../geometry';
import { runKernel, type SeamKernel } from './kernel';

type T4 = tf.Tensor4D;

export interface SampleAttrs {
  readonly g: Geometry;
  /** Order of the derivative by dy and by dx: 0 or 1. */
  readonly order: readonly [number, number];
}

export const SAMPLE_PATCHES = 'NeusimSamplePatches';
export const SAMPLE_PATCHES_BACKPROP = 'NeusimSamplePatchesBackprop';

const sample: SeamKernel<{ x: T4; offsets: T4 }, [T4], SampleAttrs> = {
  name: SAMPLE_PATCHES,
  inputs: ['x', 'offsets'],
  shapes: ({ x }, { g }) => [patchesShape(x, g)],
  composed: ({ x, offsets }, attrs) => [composedSample(x, offsets, attrs)],
  gradient: ([dp], { x, offsets }, attrs) => ({
    x: () => runKernel(sampleBackprop, { offsets, dp }, attrs)[0],
    offsets: () => offsetsGradient(x, offsets, dp, attrs),
  }),
};

/** The transpose of S: adds what arrives for each tap to the elements it was read from. */
export const sampleBackprop: SeamKernel<{ offsets: T4; dp: T4 }, [T4], SampleAttrs> = {
  name: SAMPLE_PATCHES_BACKPROP,
  inputs: ['offsets', 'dp'],
  shapes: ({ dp }, { g }) => [[dp.shape[0], g.height, g.width, g.channels]],
  composed: ({ offsets, dp }, attrs) => [composedBackprop(offsets, dp, attrs)],
  gradient: ([ddx], { offsets, dp }, attrs) => ({
    offsets: () => offsetsGradient(ddx, offsets, dp, attrs),
    dp: () => runKernel(sample, { x: ddx, offsets }, attrs)[0],
  }),
};

/**
 * What every tap reads.
 * @param x [B,H,W,C]. @param offsets [B|1,H'|1,W'|1,2K], (dy, dx) for each tap, in elements of x; any finite number. What is not
 *   finite makes what the tap reads NaN.
 * @returns [B,H',W'·K,C], the K taps of a position side by side. Differentiable in x and offsets to any order.
 */
export function samplePatches(x: T4, offsets: T4, g: Geometry): T4 {
  return runKernel(sample, { x, offsets }, { g, order: [0, 0] })[0];
}

const patchesShape = (x: T4, g: Geometry) => [x.shape[0], g.outHeight, g.outWidth * g.taps, g.channels];

/** Σ_c dp · S_(order + 1) for dy and for dx, summed over the axes in which offsets are broadcast. */
export function offsetsGradient(x: T4, offsets: T4, dp: T4, { g, order }: SampleAttrs): T4 {
  const shape: [number, number, number, number] = [x.shape[0], g.outHeight, g.outWidth, g.taps];
  const along = ([a, b]: readonly [number, number]) =>
    a > 1 || b > 1
      ? tf.zeros(shape)
      : tf.reshape(tf.sum(tf.mul(dp, runKernel(sample, { x, offsets }, { g, order: [a, b] })[0]), -1), shape);
  const both = [along([order[0] + 1, order[1]]), along([order[0], order[1] + 1])];
  const full = tf.reshape(
    tf.concat(
      both.map((part) => tf.reshape(part, [-1, 1])),
      1,
    ),
    [...shape.slice(0, 3), 2 * g.taps],
  );
  const axes = [0, 1, 2].filter((axis) => offsets.shape[axis] === 1 && full.shape[axis] !== 1);
  return (axes.length > 0 ? tf.sum(full, axes, true) : full) as T4;
}

interface Corner {
  /** Row of x as [B·H·W,C], int32 [N]. */
  readonly index: tf.Tensor1D;
  /** [N,1]; 0 where the corner lies outside. */
  readonly weight: tf.Tensor2D;
}

/** The four elements around every place that is read, and the derivative's weight of each. */
function corners(batch: number, offsets: T4, { g, order }: SampleAttrs): Corner[] {
  const { taps, outHeight, outWidth, height, width } = g;
  const at = (axis: 0 | 1) => {
    const [out, size] = axis === 0 ? [outHeight, height] : [outWidth, width];
    const steps = tf.sub(tf.mul(tf.range(0, out), g.strides[axis]), g.pad[axis][0]);
    const tap = Array.from({ length: taps }, (_, t) =>
      axis === 0 ? Math.floor(t / g.kernelWidth) * g.dilations[0] : (t % g.kernelWidth) * g.dilations[1],
    );
    const lattice = tf.add(tf.reshape(steps, axis === 0 ? [1, out, 1, 1] : [1, 1, out, 1]), tf.tensor1d(tap));
    const [b, h, w] = offsets.shape;
    const own = tf.slice(tf.reshape(offsets, [b * h * w * taps, 2]), [0, axis], [-1, 1]);
    const moved = tf.reshape(own, [b, h, w, taps]);
    // The part beyond a whole element is exact, and stays NaN where an offset is not finite.
    const whole = tf.floor(moved);
    const part = tf.sub(moved, whole);
    const first = tf.broadcastTo(tf.add(lattice, whole), [batch, outHeight, outWidth, taps]);
    return [0, 1].map((side) => {
      const row = tf.add(first, side);
      const inside = tf.logicalAnd(tf.greaterEqual(row, 0), tf.less(row, size));
      const share =
        order[axis] === 1 ? tf.add(tf.sub(part, part), side ? 1 : -1) : side ? part : tf.sub(1, part);
      return {
        index: tf.where(inside, row, 0),
        weight: tf.mul(share, tf.cast(inside, 'float32')),
      };
    });
  };
  const [rows, columns] = [at(0), at(1)];
  const image = tf.reshape(tf.range(0, batch * height * width, height * width, 'int32'), [batch, 1, 1, 1]);
  return rows.flatMap((row) =>
    columns.map((column) => {
      const inMap = tf.cast(tf.add(tf.mul(row.index, width), column.index), 'int32');
      return {
        index: tf.reshape(tf.add(inMap, image), [-1]) as tf.Tensor1D,
        weight: tf.reshape(tf.mul(row.weight, column.weight), [-1, 1]) as tf.Tensor2D,
      };
    }),
  );
}

function composedSample(x: T4, offsets: T4, attrs: SampleAttrs): T4 {
  const { g } = attrs;
  const flat = tf.reshape(x, [-1, g.channels]);
  const parts = corners(x.shape[0], offsets, attrs).map(({ index, weight }) =>
    tf.mul(tf.gather(flat, index), weight),
  );
  return tf.reshape(tf.addN(parts), patchesShape(x, g) as T4['shape']);
}

function composedBackprop(offsets: T4, dp: T4, attrs: SampleAttrs): T4 {
  const { g } = attrs;
  const [batch] = dp.shape;
  const grads = tf.reshape(dp, [-1, g.channels]);
  const size = [batch * g.height * g.width, g.channels];
  const parts = corners(batch, offsets, attrs).map(({ index, weight }) =>
    tf.scatterND(tf.reshape(index, [-1, 1]), tf.mul(grads, weight), size),
  );
  return tf.reshape(tf.addN(parts), [batch, g.height, g.width, g.channels]) as T4;
}
