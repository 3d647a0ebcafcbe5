/**
 * What each tap reads at offsets, squared and summed over the channels: ‖S(x)‖² by tap. A kernel of its own, so that the
 * patches exist in slices alone.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Geometry } from '../geometry';
import { runKernel, type SeamKernel } from './kernel';
import { joinSlices, slices } from './patches';
import type { ConvAttrs } from './quadrilinear';
import { offsetsGradient, sampleBackprop, samplePatches } from './sample-patches';
import { cut, file, imagesOf, partOf, together, togetherByImage } from './sampled-slices';
import { squaredNorm } from './squared-norm';
import { tapeIsOn } from './tape';

type T4 = tf.Tensor4D;

const SAMPLED_ENERGY = 'NeusimSampledEnergy';
const SAMPLED_ENERGY_BACKPROP = 'NeusimSampledEnergyBackprop';

const kernel: SeamKernel<{ x: T4; offsets: T4 }, [T4], ConvAttrs> = {
  name: SAMPLED_ENERGY,
  inputs: ['x', 'offsets'],
  shapes: ({ x }, { g }) => [[x.shape[0], g.outHeight, g.outWidth * g.taps, 1]],
  composed: ({ x, offsets }, { g }) => {
    const parts: T4[][] = [];
    for (const s of slices(x.shape[0], g)) {
      const read = () => samplePatches(imagesOf(x, s), cut(offsets, s) as T4, partOf(g, s));
      file(
        parts,
        s,
        tf.tidy(() => squaredNorm(read()) as T4),
      );
    }
    return [joinSlices(parts)];
  },
  gradient: ([de], { x, offsets }, attrs) => {
    const [dx, doffsets] = tapeIsOn()
      ? gradients(x, offsets, de, attrs.g)
      : runKernel(backprop, { x, offsets, de }, attrs);
    return { x: () => dx, offsets: () => doffsets };
  },
};

const backprop: SeamKernel<{ x: T4; offsets: T4; de: T4 }, readonly [T4, T4], ConvAttrs> = {
  name: SAMPLED_ENERGY_BACKPROP,
  inputs: ['x', 'offsets', 'de'],
  shapes: ({ x, offsets }) => [x.shape, offsets.shape],
  composed: ({ x, offsets, de }, { g }) => {
    const [dxs, moves]: [T4[][], T4[][]] = [[], []];
    for (const s of slices(x.shape[0], g)) {
      const [dx, move] = tf.tidy(() =>
        gradients(imagesOf(x, s), cut(offsets, s) as T4, cut(de, s) as T4, partOf(g, s)),
      );
      file(dxs, s, dx);
      file(moves, s, move);
    }
    return [togetherByImage(dxs), together(moves, offsets.shape)];
  },
};

/** Those of x and of the offsets. */
function gradients(x: T4, offsets: T4, de: T4, g: Geometry): [T4, T4] {
  const attrs = { g, order: [0, 0] } as const;
  const dp = tf.mul(samplePatches(x, offsets, g), tf.mul(de, 2)) as T4;
  const [dx] = runKernel(sampleBackprop, { offsets, dp }, attrs);
  return [dx, offsetsGradient(x, offsets, dp, attrs)];
}

/**
 * [B,H',W'·K,1], the K taps of a position side by side; not below 0. Differentiable to any order.
 * @param x [B,H,W,C]. @param offsets [B|1,H'|1,W'|1,2K], finite.
 */
export function sampledEnergy(x: T4, offsets: T4, g: Geometry): T4 {
  return runKernel(kernel, { x, offsets }, { g })[0];
}
