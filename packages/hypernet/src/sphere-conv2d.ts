/**
 * The convolution that predictors are made of (method: §4): k×k, stride 1, `same`, no bias, and on request divided
 * by the norm of the patch, of the kernel, or of both, so that with both it is the cosine between them
 * (hyperspherical convolution, Liu et al. 2017).
 *
 *     y = ⟨w, patch⟩ / (‖patch‖ · ‖w‖),   ‖v‖ = √(Σ v² + 1e-4)
 *
 * Gradients flow through both norms, to every order.
 */

import { registerLayer, similarityConv2d, type WeightDescription, weightSeed } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, layers, type Shape as TfShape } from '@tensorflow/tfjs-layers';
import { inverseNorm, patchEnergy } from './patch-norm';
import { single } from './single-shape';

export interface SphereConv2DArgs {
  name?: string;
  trainable?: boolean;
  filters: number;
  /** Side of the square window; default 3. */
  kernelSize?: number;
  /** Divide by the norm of the patch, zeros outside the image; default false. */
  normalizeInput?: boolean;
  /** Divide by the norm of each filter's kernel; default false. */
  normalizeKernel?: boolean;
  /** Factor on the He-normal start N(0, √(2/(k·k·C))), not truncated; default 1. */
  initScale?: number;
  /** Add a bias [filters] that starts at zero; default false. */
  useBias?: boolean;
  /** Seed of the start, 0 included; without one each layer differs. */
  seed?: number;
  /** λ of the kernel's own penalty λ/2‖w‖²; without one the training config's value for predictors. */
  l2?: number;
}

/** From [B,H,W,C] to [B,H,W,filters]. */
export class SphereConv2D extends layers.Layer {
  /** @nocollapse */
  static className = 'NeusimSphereConv2D';

  private readonly args: Readonly<SphereConv2DArgs>;
  private readonly kernelSize: number;
  private kernel?: LayerVariable;
  private bias?: LayerVariable;

  /** @throws NeusimError LAYER_OPTIONS where `filters` or `kernelSize` is no whole number of at least 1. */
  constructor(args: SphereConv2DArgs) {
    super(args as ConstructorParameters<typeof layers.Layer>[0]);
    registerLayer(SphereConv2D);
    this.args = { ...args };
    this.kernelSize = args.kernelSize ?? 3;
    if (![args.filters, this.kernelSize].every((size) => Number.isInteger(size) && size >= 1))
      throw new NeusimError(
        'LAYER_OPTIONS',
        `filters ${args.filters} and kernelSize ${this.kernelSize} must be whole numbers of at least 1`,
        { data: { filters: args.filters, kernelSize: this.kernelSize }, hint: 'The window is square.' },
      );
  }

  override build(inputShape: TfShape | TfShape[]): void {
    const channels = single(inputShape)[3] as number;
    const { filters, initScale = 1, seed } = this.args;
    const k = this.kernelSize;
    const deviation = initScale * Math.sqrt(2 / (k * k * channels));
    const init =
      deviation === 0
        ? initializers.zeros()
        : initializers.randomNormal({
            mean: 0,
            stddev: deviation,
            ...(seed === undefined ? {} : { seed: weightSeed(seed, 'kernel') }),
          });
    this.kernel = this.addWeight('kernel', [k, k, channels, filters], 'float32', init);
    if (this.args.useBias) this.bias = this.addWeight('bias', [filters], 'float32', initializers.zeros());
    this.built = true;
  }

  override computeOutputShape(inputShape: TfShape | TfShape[]): TfShape {
    return [...single(inputShape).slice(0, 3), this.args.filters];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = [inputs].flat()[0] as tf.Tensor4D;
    return tf.tidy(() => {
      const w = (this.kernel as LayerVariable).read() as tf.Tensor4D;
      const kernel = this.args.normalizeKernel ? tf.mul(w, inverseNorm(tf.sum(tf.square(w), [0, 1, 2]))) : w;
      const y = similarityConv2d(x, kernel as tf.Tensor4D, null, { pad: 'same' });
      const normed = this.args.normalizeInput ? tf.mul(y, inverseNorm(patchEnergy(x, this.kernelSize))) : y;
      return this.bias ? tf.add(normed, this.bias.read()) : normed;
    });
  }

  /** Multiply-adds of the convolution for one image; the norms add k² + C for each position, and are left out. */
  multiplyAdds(inputShape: TfShape | TfShape[]): number {
    const [, height, width, channels] = single(inputShape) as [number, number, number, number];
    return height * width * this.kernelSize ** 2 * channels * this.args.filters;
  }

  describeWeight(weight: LayerVariable): WeightDescription | undefined {
    if (weight === this.bias) return { role: 'bias' };
    if (weight !== this.kernel) return undefined;
    const { l2 } = this.args;
    return { role: 'predictor', ...(l2 === undefined ? {} : { l2 }) };
  }

  override getConfig(): tf.serialization.ConfigDict {
    const {
      filters,
      normalizeInput = false,
      normalizeKernel = false,
      initScale = 1,
      useBias,
      seed,
      l2,
    } = this.args;
    return {
      ...super.getConfig(),
      filters,
      kernelSize: this.kernelSize,
      normalizeInput,
      normalizeKernel,
      initScale,
      ...(useBias ? { useBias } : {}),
      ...(seed === undefined ? {} : { seed }),
      ...(l2 === undefined ? {} : { l2 }),
    };
  }
}
