/**
 * Deformable convolution: every tap reads at an offset that a convolution finds from the input, anew at each position
 * (v1: Dai et al., ICCV 2017), and in v2 what it reads is weighted (Zhu et al., CVPR 2019):
 *
 *     y(p) = Σₜ wₜ · mₜ(p) · x(p + pₜ + Δpₜ(p)),   (Δp, logits) = the layer's own window over x, plus a bias,
 *     mₜ = 1 in v1, σ(logit) in v2
 *
 * read bilinearly, zeros outside. Both convolutions start at zero: v1 begins as the plain convolution, v2 as half of it, as
 * its paper has it (`modulation: 'twice-sigmoid'` begins as the whole). Neither folds.
 */
import { type Geometry, type Shape, similarityConv2d } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { initializers } from '@tensorflow/tfjs-layers';
import { bilinearReads } from './lattice';
import { requireGroups } from './require-groups';

export interface DeformableOptions {
  /** 2 (default): what is read is weighted too. 1: offsets alone. */
  readonly version: 1 | 2;
  /** Groups of input channels, each with offsets (and weights) of its own; they divide the channels. Default 1. */
  readonly groups: number;
  /**
   * The weights of v2: `sigmoid` (default, the paper's) is 0.5 at the start, which halves the layer's output until a norm
   * after it, or training, makes up for it; `twice-sigmoid` is 2σ, 1 at the start.
   */
  readonly modulation: 'sigmoid' | 'twice-sigmoid';
  /** Factor on the optimiser's learning rate for the convolution that finds them; default 0.1, the papers'. */
  readonly learningRateScale: number;
}

/**
 * A shape with the weights `offset_kernel` [kh,kw,C,N] and `offset_bias` [N], with N = groups·2K outputs (dy, dx) in elements
 * of the input, and in v2 groups·K logits after them. Its `weights` throw NeusimError LAYER_OPTIONS where the groups do not
 * divide the channels.
 */
export function deformable(options: DeformableOptions): Shape {
  const { groups, learningRateScale, modulation } = options;
  const isModulated = options.version === 2;
  const outputs = (g: Geometry) => (isModulated ? 3 : 2) * g.taps * groups;
  return Object.freeze<Shape>({
    name: 'deformable',
    options: { ...options },
    dynamic: true,
    startsPlain: !isModulated || modulation === 'twice-sigmoid',
    weights(g) {
      requireGroups('deformable', groups, g);
      const init = initializers.zeros();
      const shared = { init, role: 'shape', learningRateScale } as const;
      const window = [g.kernelHeight, g.kernelWidth, g.channels];
      return [
        { name: 'offset_kernel', shape: [...window, outputs(g)], ...shared },
        { name: 'offset_bias', shape: [outputs(g)], ...shared },
      ];
    },
    multiplyAdds: (g) => g.outHeight * g.outWidth * g.taps * g.channels * outputs(g) + bilinearReads(g),
    taps([kernel, bias], g, x) {
      const found = similarityConv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, null, g);
      const z = tf.add<tf.Tensor4D>(found, bias as tf.Tensor);
      if (!isModulated) return { offsets: z };
      const taps = g.taps * groups;
      const [offsets, logits] = tf.split(z, [2 * taps, taps], 3) as [tf.Tensor4D, tf.Tensor4D];
      const weights = tf.sigmoid(logits);
      return { offsets, modulation: modulation === 'sigmoid' ? weights : tf.mul<tf.Tensor4D>(weights, 2) };
    },
  });
}
