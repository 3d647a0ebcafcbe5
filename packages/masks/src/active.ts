/**
 * Active convolution (ACU: Jeon & Kim, CVPR 2017): where the taps read is learned with the kernel, once for all
 * positions and filters:
 *
 *     y(p) = Σₜ wₜ · x(p + aₜ),   aₜ real, learned; 0 for the centre tap
 *
 * read bilinearly, zeros outside. So a 3×3 kernel has 16 places more to learn, (y, x) of each tap but the centre one, in
 * elements from it (times the layer's dilation). It folds into a plain convolution of a larger window.
 */
import { batchShare, type Geometry, type Shape, type WeightInit, weightSeed } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { bilinearReads, centreTap, lattice } from './lattice';
import { requireGroups } from './require-groups';

export interface ActiveOptions {
  /**
   * `circle` (default): each tap starts at its distance from the centre, the ring of a square window drawn as a circle;
   * `square`: on the lattice, where without noise the layer begins as the plain convolution.
   */
  readonly start: 'circle' | 'square';
  /** Spacing of the rings at the start, above 0; default 1. On a square, 2 is a dilation of 2. */
  readonly radius: number;
  /** Standard deviation of the start's noise, as a part of a ring's radius; default 0.05. */
  readonly noise: number;
  /** Groups of input channels that read at places of their own; they divide the channels. Default 1. */
  readonly groups: number;
  /**
   * Divides the gradient of each tap's place by its length, so that a step of plain SGD moves every tap by the learning
   * rate; default false. Parts of a batch that are computed apart (workers) are divided each by itself, and add up by their
   * shares: to the learning rate at most.
   */
  readonly normalizeGradient: boolean;
  /** Factor on the optimiser's learning rate for the places; default 0.1. */
  readonly learningRateScale: number;
  /** Of the noise; without one it differs from run to run. */
  readonly seed?: number | undefined;
}

/**
 * A shape with one weight `positions` [K - 1, groups, 2], (y, x) in elements from the centre tap, without weight decay; the
 * centre of an even side is the first of its two middle taps. Its `weights` throw NeusimError LAYER_OPTIONS where the groups
 * do not divide the channels.
 */
export function active(options: ActiveOptions): Shape {
  const { groups, normalizeGradient, learningRateScale } = options;
  return Object.freeze<Shape>({
    name: 'active',
    options: { ...options },
    startsPlain: options.start === 'square' && options.noise === 0 && options.radius === 1,
    weights(g, layer) {
      requireGroups('active', groups, g);
      if (g.taps === 1) return [];
      return [
        {
          name: 'positions',
          shape: [g.taps - 1, groups, 2],
          init: startOf(options, g, layer),
          role: 'shape',
          learningRateScale,
          l2: 0,
        },
      ];
    },
    multiplyAdds: bilinearReads,
    taps([positions], g) {
      if (!positions) return {};
      const given = normalizeGradient ? withUnitGradients(positions) : positions;
      return { offsets: fromLattice(given as tf.Tensor3D, g) };
    },
  });
}

/** Offsets from the lattice [1,1,1,groups·2K] of taps that read at `positions` [K - 1, groups, 2]. */
function fromLattice(positions: tf.Tensor3D, g: Geometry): tf.Tensor4D {
  const [others, groups] = positions.shape;
  const centre = centreTap(g);
  const places = Array.from({ length: g.taps }, (_, t) =>
    Array.from({ length: others }, (_, i) => (t !== centre && i === t - (t > centre ? 1 : 0) ? 1 : 0)),
  );
  // A product, exact for zeros and ones, has every order of gradient on every engine.
  const all = tf.matMul(tf.tensor2d(places), tf.reshape(positions, [others, groups * 2]));
  const moved = tf.sub(tf.reshape(all, [g.taps, groups, 2]), tf.expandDims(tf.tensor2d(lattice(g)), 1));
  const offsets = tf.mul(moved, tf.tensor1d([...g.dilations]));
  return tf.reshape(tf.transpose(offsets, [1, 0, 2]), [1, 1, 1, groups * 2 * g.taps]);
}

function startOf(
  { start, radius, noise, groups, seed }: ActiveOptions,
  g: Geometry,
  layer: string,
): WeightInit {
  const centre = centreTap(g);
  const rings = lattice(g)
    .filter((_, t) => t !== centre)
    .map(([y, x]) => {
      const ring = Math.max(Math.abs(y), Math.abs(x));
      const scale = radius * (start === 'circle' ? ring / Math.hypot(y, x) : 1);
      return { place: [y * scale, x * scale], deviation: noise * radius * ring };
    });
  const repeat = (values: number[]) => Array.from({ length: groups }, () => values);
  return {
    apply: (shape) =>
      tf.tidy(() => {
        const places = tf.tensor3d(rings.map(({ place }) => repeat(place)));
        if (noise === 0) return places;
        const own = seed === undefined ? undefined : weightSeed(seed, `${layer}/positions`);
        const deviations = tf.tensor3d(rings.map(({ deviation }) => repeat([deviation, deviation])));
        return tf.add(places, tf.mul(tf.randomNormal(shape, 0, 1, 'float32', own), deviations));
      }),
  };
}

/** The positions, whose gradient has length 1 for each tap, or 0 where it is 0; of a part of a batch, times its share. */
function withUnitGradients(positions: tf.Tensor): tf.Tensor {
  const identity = tf.customGrad((...args) => {
    const [given] = args as unknown as [tf.Tensor];
    const share = batchShare();
    return {
      value: tf.clone(given),
      gradFunc: (dy: tf.Tensor) => {
        const perLength = tf.rsqrt(tf.add(tf.sum(tf.square(dy), -1, true), smallest));
        return tf.mul(dy, tf.mul(perLength, share));
      },
    };
  });
  return identity(positions);
}

/** Below any gradient that counts, and far above the least float32. */
const smallest = 1e-30;
