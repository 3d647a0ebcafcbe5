/** From scores of taps to z = M − I, zero where all scores are alike. */
import { registerLayer } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { layers, type Shape as TfShape } from '@tensorflow/tfjs-layers';

export interface TapAttentionArgs {
  name?: string;
  trainable?: boolean;
  /** How many scores share one softmax; the channels are a multiple of it. */
  taps: number;
  attention: 'softmax' | 'sigmoid';
  /** What scores are divided by, above 0. */
  temperature: number;
}

/**
 * [B,H,W,channels] of scores s to z of the same shape: K·softmax(s/T) − 1 over each K channels, or 2σ(s/T) − 1. Applying it
 * throws NeusimError LAYER_INPUT for channels that are no multiple of K.
 */
export class TapAttention extends layers.Layer {
  /** @nocollapse */
  static className = 'NeusimTapAttention';

  private readonly args: Readonly<TapAttentionArgs>;

  constructor(args: TapAttentionArgs) {
    super(args as unknown as ConstructorParameters<typeof layers.Layer>[0]);
    registerLayer(TapAttention);
    this.args = { ...args };
  }

  override build(inputShape: TfShape | TfShape[]): void {
    const channels = (inputShape as TfShape).at(-1) as number;
    const { taps } = this.args;
    if (channels % taps !== 0)
      throw new NeusimError(
        'LAYER_INPUT',
        `layer ${this.name}: ${channels} scores are no multiple of ${taps}`,
        {
          data: { layer: this.name, channels, taps },
          hint: 'Give each kernel tap as many scores as there are taps.',
        },
      );
    this.built = true;
  }

  override computeOutputShape(inputShape: TfShape | TfShape[]): TfShape {
    return inputShape as TfShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const scores = [inputs].flat()[0] as tf.Tensor;
    const { taps, attention, temperature } = this.args;
    return tf.tidy(() => {
      const scaled = tf.div(scores, temperature);
      // 2σ(s) − 1 is tanh(s/2), which is exactly 0 at 0.
      if (attention === 'sigmoid') return tf.tanh(tf.mul(scaled, 0.5));
      const rows = tf.softmax(tf.reshape(scaled, [-1, taps]));
      // K·(1/K) need not be 1 in floats: what the engine gives for equal scores is taken off before the product.
      const even = tf.softmax(tf.zeros([1, taps]));
      return tf.reshape(tf.mul(tf.sub(rows, even), taps), scores.shape);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { taps, attention, temperature } = this.args;
    return { ...super.getConfig(), taps, attention, temperature };
  }
}
