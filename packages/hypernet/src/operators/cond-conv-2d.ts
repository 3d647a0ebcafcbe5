/** The layer of `cond-conv`: kernels mixed by what the routing network gives. */
import { OperatorConv2D, type OperatorConv2DArgs } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, type Shape as TfShape } from '@tensorflow/tfjs-layers';
import { eachByItself } from './experts';
import { mixtureConv2d } from './mixture';

export interface CondConvOptions {
  /** n ≥ 1, the number of kernels; default 8, as in the paper (timm: 4). */
  readonly experts: number;
  /** How logits become shares: `sigmoid` (default, CondConv) or `softmax` (dynamic convolution). */
  readonly routing: 'sigmoid' | 'softmax';
  /** What logits are divided by, above 0; default 1. */
  readonly temperature: number;
  /** Channels of a hidden layer before the logits, 0 for none; `auto` (default): none for `sigmoid`, C/4 for `softmax`. */
  readonly hidden: number | 'auto';
  /** λ ≥ 0 of the routing network's own λ/2‖w‖²; without it the training config's for predictors. */
  readonly l2?: number;
  /** Seed of the routing network's start, any whole number. The kernels start by the layer's `kernelInitializer`. */
  readonly seed?: number;
}

/** From [x [B,H,W,C], routing logits [B,1,1,n]] to [B,H',W',F]. The operator's options are the layer's. */
export class CondConv2D extends OperatorConv2D {
  /** @nocollapse */
  static className = 'NeusimCondConv2D';

  private experts?: LayerVariable;
  private bias?: LayerVariable;

  /** @throws NeusimError LAYER_OPTIONS as `OperatorConv2D`. */
  constructor(args: OperatorConv2DArgs) {
    super({ kernelInitializer: 'heNormal', ...args });
  }

  override build(inputShape: TfShape | TfShape[]): void {
    const { channels } = this.geometry(inputShape);
    const { filters, kernelInitializer, biasInitializer, useBias } = this.options;
    const { experts } = this.own;
    this.experts = this.add({
      name: 'experts',
      shape: [experts, ...this.kernelSize, channels, filters],
      init: eachByItself(kernelInitializer),
      role: 'filter',
    });
    // One for each kernel, mixed as they are.
    if (useBias)
      this.bias = this.add({
        name: 'bias',
        shape: [experts, filters],
        init: eachByItself(biasInitializer ?? initializers.zeros()),
        role: 'bias',
      });
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x, routed] = inputs as [tf.Tensor4D, tf.Tensor4D];
    const { experts, routing, temperature } = this.own;
    return tf.tidy(() => {
      const logits = tf.reshape(routed, [-1, experts]);
      const scaled = temperature === 1 ? logits : tf.div(logits, temperature);
      const shares = (routing === 'sigmoid' ? tf.sigmoid(scaled) : tf.softmax(scaled)) as tf.Tensor2D;
      const y = mixtureConv2d(x, this.experts?.read() as tf.Tensor5D, shares, this.convOptions);
      const bias = this.bias && tf.matMul(shares, this.bias.read() as tf.Tensor2D);
      return this.finish(y, bias && tf.reshape(bias, [-1, 1, 1, this.options.filters]));
    });
  }

  /** Multiply-adds for one image: one convolution, and the mixing of its kernel. */
  multiplyAdds(inputShape: TfShape | TfShape[]): number {
    const g = this.geometry(inputShape);
    const kernel = g.taps * g.channels * this.options.filters;
    return kernel * (g.outHeight * g.outWidth + this.own.experts);
  }

  private get own(): CondConvOptions {
    return this.operator.options as unknown as CondConvOptions;
  }
}
