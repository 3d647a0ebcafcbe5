/**
 * The convolution of what was sampled at offsets, and its gradients, composed in slices: a run of images, or of output
 * rows of one image, is sampled, and its patches side by side are a map in which each window is one row of taps. So the
 * patches of a whole batch never exist.
 */
import * as tf from '@tensorflow/tfjs-core';
import { type Geometry, geometry } from '../geometry';
import { runKernel } from './kernel';
import { accumulate, join, joinSlices, type Slice, slices } from './patches';
import { q, similarityBackprop } from './quadrilinear';
import { offsetsGradient, sampleBackprop, samplePatches } from './sample-patches';
import { tapeIsOn } from './tape';

type T4 = tf.Tensor4D;

export interface SampledOperands {
  readonly x: T4;
  readonly w: T4;
  /** [B|1,H'|1,W'|1,K(,K)] or null. */
  readonly m: tf.Tensor | null;
  /** [B|1,H'|1,W'|1,2K] */
  readonly offsets: T4;
}

/** y [B,H',W',F]. @param floats of patches that exist at once, where a row of one image has no more. */
export function sampledForward({ x, w, m, offsets }: SampledOperands, g: Geometry, floats?: number): T4 {
  const parts: T4[][] = [];
  for (const s of slices(x.shape[0], g, floats)) {
    parts[s.index] ??= [];
    parts[s.index]!.push(
      tf.tidy(() => {
        const patches = samplePatches(imagesOf(x, s), cut(offsets, s) as T4, partOf(g, s));
        return q.y(patches, asRow(w, g), m && cut(m, s), inRow(partOf(g, s)));
      }),
    );
  }
  return joinSlices(parts);
}

/** dx, dw, dm (null where m is) and doffsets; each slice is sampled once. */
export function sampledBackprop(
  { x, w, m, offsets, dy }: SampledOperands & { readonly dy: T4 },
  g: Geometry,
  floats?: number,
): { readonly dx: T4; readonly dw: T4; readonly dm: tf.Tensor | null; readonly doffsets: T4 } {
  const [dxs, dms, moves]: [T4[][], T4[][], T4[][]] = [[], [], []];
  let sum: T4 | undefined;
  for (const s of slices(x.shape[0], g, floats)) {
    const part = tf.tidy(() => {
      const [images, places, grads, own] = [
        imagesOf(x, s),
        cut(offsets, s) as T4,
        cut(dy, s) as T4,
        partOf(g, s),
      ];
      const patches = samplePatches(images, places, own);
      const { dpatches, dw, dm } = rowGradients(patches, w, m && cut(m, s), grads, own);
      const attrs = { g: own, order: [0, 0] } as const;
      const [dx] = runKernel(sampleBackprop, { offsets: places, dp: dpatches }, attrs);
      return [dx, dw, offsetsGradient(images, places, dpatches, attrs), ...(dm ? [flat(dm)] : [])];
    }) as T4[];
    const [dx, dw, move, dm] = part as [T4, T4, T4, T4 | undefined];
    for (const [lists, each] of [
      [dxs, dx],
      [moves, move],
      [dms, dm],
    ] as const) {
      lists[s.index] ??= [];
      if (each) lists[s.index]!.push(each);
    }
    sum = accumulate(sum, dw);
  }
  return {
    dx: join(
      dxs.map((rows) => rows.reduce(accumulate)),
      0,
    ),
    dw: sum as T4,
    dm: m && tf.reshape(together(dms, m.shape), m.shape),
    doffsets: together(moves, offsets.shape),
  };
}

/**
 * The gradients of patches [B,H',W'·K,C] side by side, and of w and m, by a convolution over them. Differentiable, where
 * somebody will differentiate it.
 */
export function rowGradients(patches: T4, w: T4, m: tf.Tensor | null, dy: T4, g: Geometry) {
  const row = inRow(g);
  const kernel = asRow(w, g);
  const finish = (dpatches: T4, dw: T4, dm: tf.Tensor | null) => ({
    dpatches,
    dw: tf.reshape(dw, w.shape) as T4,
    dm,
  });
  if (m && !tapeIsOn())
    return finish(
      ...(runKernel(similarityBackprop, { x: patches, w: kernel, m, dy }, { g: row }) as [T4, T4, tf.Tensor]),
    );
  return finish(
    q.dx(kernel, m, dy, row),
    q.dw(patches, m, dy, row),
    m && q.dm(patches, kernel, dy, m.shape, row),
  );
}

/** Patches [B,H',W'·K,C] of a convolution as a map: windows of one row, side by side. */
function inRow(g: Geometry): Geometry {
  return geometry([g.outHeight, g.outWidth * g.taps, g.channels], [1, g.taps], { strides: [1, g.taps] });
}

/** The kernel of those windows. */
function asRow(w: T4, g: Geometry): T4 {
  return tf.reshape(w, [1, g.taps, g.channels, w.shape[3]]);
}

/** A slice's convolution, on the images that it reads. */
function partOf(g: Geometry, s: Slice): Geometry {
  const top = g.pad[0][0] - s.row * g.strides[0];
  return { ...g, outHeight: s.rows, pad: [[top, g.pad[0][1]], g.pad[1]] };
}

function imagesOf(x: T4, s: Slice): T4 {
  return s.images === x.shape[0] ? x : tf.slice(x, [s.image, 0, 0, 0], [s.images, -1, -1, -1]);
}

/** What is a slice's of a tensor [B|1,H'|1,…]. */
function cut(all: tf.Tensor, s: Slice): tf.Tensor {
  const [batch, height, ...rest] = all.shape as [number, number, ...number[]];
  const begin = [batch === 1 ? 0 : s.image, height === 1 ? 0 : s.row, 0, 0] as const;
  const size = [batch === 1 ? 1 : s.images, height === 1 ? 1 : s.rows] as const;
  if (size[0] === batch && size[1] === height) return all;
  const [width, values] = flat(all).shape.slice(2) as [number, number];
  return tf.reshape(tf.slice(flat(all), [...begin], [...size, width, values]), [...size, ...rest]);
}

/** [B,H',W',K,K] as [B,H',W',K·K]: engines are surest up to rank 4. */
function flat(t: tf.Tensor): T4 {
  const [batch, height, width] = t.shape as [number, number, number];
  return tf.reshape(t, [batch, height, width, tf.util.sizeFromShape(t.shape.slice(3))]);
}

/** The slices' gradients of a tensor [B|1,H'|1,…]: side by side, or, where it is broadcast, their sum. */
function together(parts: T4[][], [batch, height]: readonly number[]): T4 {
  const images = parts.map((rows) => (height === 1 ? rows.reduce(accumulate) : join(rows, 1)));
  return batch === 1 ? images.reduce(accumulate) : join(images, 0);
}
