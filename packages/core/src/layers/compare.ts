/**
 * What a layer computes from its kernel, its M and its taps: y = Wᵀ·M·diag(modulation)·S(x), with the channels in as many
 * groups as the taps have, and the products that a response is a function of.
 */
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import type { ConvOptions, Geometry } from '../geometry';
import type { Call, Products, Taps } from '../parts';
import { patchEnergy, requireMask } from '../seam/patch-energy';
import { similarityConv2d } from '../seam/similarity-conv2d';

/** A call in which a part may write its own weights. */
export const callOf = (training: boolean, variables: readonly LayerVariable[]): Call => ({
  training,
  write: (index, value) => {
    variables[index]?.write(value);
  },
});

/**
 * y [B,H',W',F] for x [B,H,W,C], a kernel with D in it, and m as the seam takes it.
 * @throws NeusimError SIMILARITY_SHAPE for taps that do not fit.
 */
export function compare(
  x: tf.Tensor4D,
  w: tf.Tensor4D,
  m: tf.Tensor | null,
  taps: Taps,
  options: ConvOptions,
): tf.Tensor4D {
  const parts = groups(x, w, taps).map((group) =>
    similarityConv2d(group.x, group.w, modulated(m, group.modulation), {
      ...options,
      ...(group.offsets ? { offsets: group.offsets } : {}),
    }),
  );
  return parts.reduce((sum, part) => tf.add(sum, part));
}

/** The products of a kernel [kh,kw,C,F], without D in it, and the patches of x [B,H,W,C]. */
export function products(x: tf.Tensor4D, w: tf.Tensor4D, taps: Taps, options: ConvOptions): Products {
  const [height, width] = w.shape;
  return {
    kernel: w,
    dot: (v) => compare(x, masked(v, taps.mask), null, taps, options),
    kernelEnergy: (scale = 1) =>
      tf.sum(masked(tf.square(scale === 1 ? w : tf.mul<tf.Tensor4D>(w, scale)), taps.mask), [0, 1, 2]),
    patchEnergy: (scale = 1) =>
      groups(x, w, taps)
        .map((group) =>
          patchEnergy(group.x, [height, width], {
            ...options,
            scale,
            ...(group.offsets ? { offsets: group.offsets } : {}),
            ...(taps.mask ? { mask: taps.mask } : {}),
            ...(group.modulation ? { modulation: group.modulation } : {}),
          }),
        )
        .reduce((sum, part) => tf.add(sum, part)),
  };
}

/** D·W. @throws NeusimError SIMILARITY_SHAPE for a D of another number of taps. */
export function masked(w: tf.Tensor4D, mask: tf.Tensor | undefined): tf.Tensor4D {
  if (mask) requireMask(mask, w.shape[0] * w.shape[1]);
  return mask ? tf.mul(w, tf.reshape(mask, [w.shape[0], w.shape[1], 1, 1])) : w;
}

/**
 * Multiply-adds of the energies of an image's patches: squares, and their sums over the window.
 * @param ofPatches whether each patch has values of its own, in place of the map's.
 */
export function energyMultiplyAdds(g: Geometry, ofPatches: boolean): number {
  const positions = g.outHeight * g.outWidth;
  const squared = ofPatches ? positions * g.taps : g.height * g.width;
  return squared * g.channels + positions * g.taps;
}

interface Group {
  readonly x: tf.Tensor4D;
  readonly w: tf.Tensor4D;
  readonly offsets?: tf.Tensor4D | undefined;
  readonly modulation?: tf.Tensor4D | undefined;
}

/** The groups of channels that read at places of their own, or are modulated by themselves. */
function groups(x: tf.Tensor4D, w: tf.Tensor4D, { offsets, modulation }: Taps): Group[] {
  const count = countGroups(x.shape[3], w.shape[0] * w.shape[1], { offsets, modulation });
  if (count === 1) return [{ x, w, offsets, modulation }];
  const cut = (tensor: tf.Tensor4D | undefined, axis: number) =>
    tensor ? (tf.split(tensor, count, axis) as tf.Tensor4D[]) : [];
  const [xs, ws, all, factors] = [cut(x, 3), cut(w, 2), cut(offsets, 3), cut(modulation, 3)];
  return xs.map((part, i) => ({
    x: part,
    w: ws[i] as tf.Tensor4D,
    offsets: all[i],
    modulation: factors[i],
  }));
}

/** @throws NeusimError SIMILARITY_SHAPE where offsets and modulation are not of the same groups, or these no groups of the channels. */
function countGroups(channels: number, taps: number, { offsets, modulation }: Taps): number {
  const counts = [offsets && offsets.shape[3] / (2 * taps), modulation && modulation.shape[3] / taps];
  const [count = 1, other = count] = counts.filter((each) => each !== undefined);
  if (Number.isInteger(count) && count === other && channels % count === 0) return count;
  const [moved, weighted] = [offsets?.shape, modulation?.shape];
  throw new NeusimError(
    'SIMILARITY_SHAPE',
    `offsets ${moved ? `[${moved}]` : 'none'} and modulation ${weighted ? `[${weighted}]` : 'none'} do not fit ${taps} taps of ${channels} channels`,
    {
      data: { offsets: moved, modulation: weighted, taps, channels },
      hint: `Allowed are [B|1,H'|1,W'|1,G·${2 * taps}] and [B|1,H'|1,W'|1,G·${taps}] with the same G, which divides the channels.`,
    },
  );
}

/** M·diag(modulation), whose columns are what the taps read. */
function modulated(m: tf.Tensor | null, modulation: tf.Tensor4D | undefined): tf.Tensor | null {
  if (!m || !modulation) return m ?? modulation ?? null;
  return m.rank === 5 ? tf.mul(m, tf.expandDims(modulation, 3)) : tf.mul(m, modulation);
}
