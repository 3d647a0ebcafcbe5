/**
 * A depthwise-separable convolution (Sifre 2014; Chollet 2017), for predictors: a k×k window for each channel, then 1×1;
 * stride 1, `same`, no bias, on request divided by the norm of the patch.
 *
 *     y = Σ꜀ p[c]·⟨d[c], patch c⟩ [ / ‖patch‖ ]
 *
 * k²·C + C·F multiply-adds a position, where a convolution has k²·C·F.
 */
import {
  depthwiseConv2d,
  registerLayer,
  similarityConv2d,
  type WeightDescription,
  weightSeed,
} from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, layers, type Shape as TfShape } from '@tensorflow/tfjs-layers';
import { inverseNorm, patchEnergy } from './patch-norm';
import { single } from './single-shape';

export interface SeparableConv2DArgs {
  name?: string;
  trainable?: boolean;
  filters: number;
  /** Side of the square window; default 3. */
  kernelSize?: number;
  /** Divide by the norm of the patch, zeros outside the image; default false. */
  normalizeInput?: boolean;
  /** Factor on the start of the 1×1 part; default 1. Both parts start He-normal, not truncated. */
  initScale?: number;
  /** Seed of the start, 0 included; without one each layer differs. */
  seed?: number | undefined;
  /** λ of both parts' own penalty λ/2‖w‖²; without one the training config's value for predictors. */
  l2?: number | undefined;
}

/** From [B,H,W,C] to [B,H,W,filters]. */
export class SeparableConv2D extends layers.Layer {
  /** @nocollapse */
  static className = 'NeusimSeparableConv2D';

  private readonly args: Readonly<SeparableConv2DArgs>;
  private readonly kernelSize: number;
  private depthwise?: LayerVariable;
  private pointwise?: LayerVariable;

  constructor(args: SeparableConv2DArgs) {
    super(args as ConstructorParameters<typeof layers.Layer>[0]);
    registerLayer(SeparableConv2D);
    this.args = { ...args };
    this.kernelSize = args.kernelSize ?? 3;
  }

  override build(inputShape: TfShape | TfShape[]): void {
    const channels = single(inputShape)[3] as number;
    const { filters, initScale = 1 } = this.args;
    const k = this.kernelSize;
    this.depthwise = this.add('depthwise', [k, k, channels, 1], Math.sqrt(2) / k);
    this.pointwise = this.add('pointwise', [1, 1, channels, filters], initScale * Math.sqrt(2 / channels));
    this.built = true;
  }

  override computeOutputShape(inputShape: TfShape | TfShape[]): TfShape {
    return [...single(inputShape).slice(0, 3), this.args.filters];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = [inputs].flat()[0] as tf.Tensor4D;
    return tf.tidy(() => {
      const [d, p] = [this.depthwise, this.pointwise].map((each) => each?.read() as tf.Tensor4D);
      const y = similarityConv2d(depthwiseConv2d(x, d as tf.Tensor4D), p as tf.Tensor4D, null);
      return this.args.normalizeInput ? tf.mul(y, inverseNorm(patchEnergy(x, this.kernelSize))) : y;
    });
  }

  /** Multiply-adds of both parts for one image; the norm is left out. */
  multiplyAdds(inputShape: TfShape | TfShape[]): number {
    const [, height, width, channels] = single(inputShape) as [number, number, number, number];
    return height * width * channels * (this.kernelSize ** 2 + this.args.filters);
  }

  describeWeight(weight: LayerVariable): WeightDescription | undefined {
    const { l2 } = this.args;
    return this.weights.includes(weight)
      ? { role: 'predictor', ...(l2 === undefined ? {} : { l2 }) }
      : undefined;
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { filters, normalizeInput = false, initScale = 1, seed, l2 } = this.args;
    return {
      ...super.getConfig(),
      filters,
      kernelSize: this.kernelSize,
      normalizeInput,
      initScale,
      ...(seed === undefined ? {} : { seed }),
      ...(l2 === undefined ? {} : { l2 }),
    };
  }

  private add(name: string, shape: number[], stddev: number): LayerVariable {
    const seed = this.args.seed === undefined ? {} : { seed: weightSeed(this.args.seed, name) };
    const init =
      stddev === 0 ? initializers.zeros() : initializers.randomNormal({ mean: 0, stddev, ...seed });
    return this.addWeight(name, shape, 'float32', init);
  }
}
