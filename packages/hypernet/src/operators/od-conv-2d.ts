/** The layer of `od-conv`: kernels mixed and weighted by what the attention network gives. */
import { OperatorConv2D, type OperatorConv2DArgs } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayerVariable, Shape as TfShape } from '@tensorflow/tfjs-layers';
import { eachByItself } from './experts';
import { mixtureConv2d } from './mixture';

export interface ODConvOptions {
  /** n ≥ 1, the number of kernels; default 4, as in the paper's ODConv (4×). */
  readonly kernels: number;
  /** Channels of the squeezed vector for each of the input, in (0, 1]; default 1/16. */
  readonly reduction: number;
  /** It has no fewer channels than these; default 16. */
  readonly minHidden: number;
  /** What logits are divided by, above 0; default 1. The authors' schedule for large networks begins with 60. */
  readonly temperature: number;
  /**
   * Batch norm after the squeezing layer; default false, as in the paper's text. The authors' code has one. Its statistics are
   * those of a batch's means, which differ little from each other and move with every step, so that a short run is tested
   * with stale ones; in training with a batch of one, nothing of the image passes.
   */
  readonly batchNorm: boolean;
  /** Decay of its running statistics, in [0, 1); default 0.999. */
  readonly normDecay: number;
  /** λ ≥ 0 of the attention network's own λ/2‖w‖²; without it the training config's for predictors. */
  readonly l2?: number;
  /** Seed of the attention network's start, any whole number. The kernels start by the layer's `kernelInitializer`. */
  readonly seed?: number;
}

/**
 * From [x [B,H,W,C], logits of αc [B,1,1,C], of αf [B,1,1,F], of αs [B,1,1,K] where K > 1, of αw [B,1,1,n] where n > 1] to
 * [B,H',W',F]. The operator's options are the layer's.
 */
export class ODConv2D extends OperatorConv2D {
  /** @nocollapse */
  static className = 'NeusimODConv2D';

  private experts?: LayerVariable;
  private bias?: LayerVariable;

  /** @throws NeusimError LAYER_OPTIONS as `OperatorConv2D`. */
  constructor(args: OperatorConv2DArgs) {
    super({ kernelInitializer: 'heNormal', ...args });
  }

  /** F. */
  get filters(): number {
    return this.options.filters;
  }

  override build(inputShape: TfShape | TfShape[]): void {
    const { channels } = this.geometry(inputShape);
    const { filters, kernelInitializer, biasInitializer, useBias } = this.options;
    this.experts = this.add({
      name: 'experts',
      shape: [this.own.kernels, ...this.kernelSize, channels, filters],
      init: eachByItself(kernelInitializer),
      role: 'filter',
    });
    if (useBias)
      this.bias = this.add({ name: 'bias', shape: [filters], init: biasInitializer, role: 'bias' });
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x, channel, filter, ...rest] = inputs as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, ...tf.Tensor4D[]];
    const { kernels, temperature } = this.own;
    const taps = this.kernelSize[0] * this.kernelSize[1];
    return tf.tidy(() => {
      const scaled = (logits: tf.Tensor) => (temperature === 1 ? logits : tf.div(logits, temperature));
      const tap =
        taps > 1 ? (tf.reshape(tf.sigmoid(scaled(rest.shift()!)), [-1, taps]) as tf.Tensor2D) : undefined;
      const shares =
        kernels > 1 ? tf.softmax(tf.reshape(scaled(rest.shift()!), [-1, kernels])) : tf.ones([x.shape[0], 1]);
      const weighted = tf.mul(x, tf.sigmoid(scaled(channel))) as tf.Tensor4D;
      const all = this.experts?.read() as tf.Tensor5D;
      const y = mixtureConv2d(weighted, all, shares as tf.Tensor2D, this.convOptions, tap);
      return this.finish(tf.mul(y, tf.sigmoid(scaled(filter))), this.bias?.read());
    });
  }

  /** Multiply-adds for one image: one convolution, the mixing and weighting of its kernel, and that of x and y. */
  multiplyAdds(inputShape: TfShape | TfShape[]): number {
    const g = this.geometry(inputShape);
    const { filters } = this;
    const kernel = g.taps * g.channels * filters;
    const positions = g.outHeight * g.outWidth;
    const maps = g.height * g.width * g.channels + positions * filters;
    return kernel * (positions + this.own.kernels + 1) + maps;
  }

  private get own(): ODConvOptions {
    return this.operator.options as unknown as ODConvOptions;
  }
}
