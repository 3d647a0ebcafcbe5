/** ‖patch‖² at every position: what hyperspherical and decoupled convolutions divide by (method: §4, §13). */
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { type ConvOptions, geometry, type Pair } from '../geometry';
import { asFloat } from './as-float';
import { sampledEnergy } from './sampled-energy';
import { requireOffsets, type SamplingOptions, similarityConv2d } from './similarity-conv2d';
import { squaredNorm } from './squared-norm';

export interface PatchEnergyOptions extends ConvOptions, SamplingOptions {
  /** D [K]: how much of each tap's square counts. */
  readonly mask?: tf.Tensor;
  /** Factors on what the taps read [B|1,H'|1,W'|1,K]. */
  readonly modulation?: tf.Tensor4D;
  /** Factor on x, multiplied before the squares; default 1. Below it, squares of very large values stay finite. */
  readonly scale?: number;
}

/**
 * Σ over taps t and channels c of mask[t] · (scale · modulation[t] · S(x)[t,c])², zeros outside the map.
 * @param x [B,H,W,C]. @param kernel [height, width] of the window. @returns [B,H',W',1], not below 0; differentiable to
 *   any order. @throws NeusimError GEOMETRY_*, SIMILARITY_SHAPE.
 */
export function patchEnergy(x: tf.Tensor4D, kernel: Pair, options: PatchEnergyOptions = {}): tf.Tensor4D {
  const { mask, modulation, offsets, scale = 1, ...conv } = options;
  const taps = kernel[0] * kernel[1];
  if (mask) requireMask(mask, taps);
  return tf.tidy(() => {
    const weights = mask ?? tf.ones([taps]);
    const m = modulation ? tf.square(modulation) : null;
    const window = (size: Pair) => tf.reshape(weights, [size[0], size[1], 1, 1]) as tf.Tensor4D;
    if (!offsets) return similarityConv2d(squaredNorm(x, scale) as tf.Tensor4D, window(kernel), m, conv);
    const g = geometry([x.shape[1], x.shape[2], x.shape[3]], kernel, conv);
    requireOffsets(offsets, x.shape[0], g);
    // Sampling is linear: what is sampled may be scaled first, so that its squares stay numbers.
    const scaled = scale === 1 ? asFloat(x) : tf.mul<tf.Tensor4D>(x, scale);
    const energy = sampledEnergy(scaled, asFloat(offsets), g);
    return similarityConv2d(energy, window([1, taps]), m, { strides: [1, taps] });
  });
}

/** @throws NeusimError SIMILARITY_SHAPE for a D that has not one value for each tap. */
export function requireMask(mask: tf.Tensor, taps: number): void {
  if (mask.size === taps) return;
  throw new NeusimError('SIMILARITY_SHAPE', `mask [${mask.shape}] does not fit a kernel of ${taps} taps`, {
    data: { mask: mask.shape, taps },
    hint: `Allowed: [${taps}].`,
  });
}
