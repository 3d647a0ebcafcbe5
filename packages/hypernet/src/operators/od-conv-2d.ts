/** The layer of `od-conv`: kernels mixed and weighted by what the attention network gives. */
import { OperatorConv2D, type OperatorConv2DArgs } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayerVariable, Shape as TfShape } from '@tensorflow/tfjs-layers';
import { eachByItself } from './experts';
import { mixtureConv2d } from './mixture';
import type { ODConvOptions } from './options';

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
