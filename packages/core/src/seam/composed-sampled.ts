/**
 * The convolution of what was sampled at offsets, and its gradients, composed in slices: a run of images, or of output
 * rows of one image, is sampled, and its patches side by side are a map in which each window is one row of taps. So the
 * patches of a whole batch never exist.
 */
import * as tf from '@tensorflow/tfjs-core';
import { type Geometry, geometry } from '../geometry';
import { runKernel } from './kernel';
import { accumulate, joinSlices, slices } from './patches';
import { q, similarityBackprop } from './quadrilinear';
import { offsetsGradient, sampleBackprop, samplePatches } from './sample-patches';
import { cut, file, flat, imagesOf, partOf, together, togetherByImage } from './sampled-slices';
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
    const y = tf.tidy(() => {
      const patches = samplePatches(imagesOf(x, s), cut(offsets, s) as T4, partOf(g, s));
      return q.y(patches, asRow(w, g), m && cut(m, s), inRow(partOf(g, s)));
    });
    file(parts, s, y);
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
    file(dxs, s, dx);
    file(moves, s, move);
    if (dm) file(dms, s, dm);
    sum = accumulate(sum, dw);
  }
  return {
    dx: togetherByImage(dxs),
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
