/**
 * Batch normalisation as the paper's code has it (method: §9): ε 1e-3, decay 0.999, running statistics without
 * the bias toward their start. tfjs's own layer lacks the last, so that it is of little use for short runs, and
 * its gradient is slow. Folding a model turns it into tfjs's, or into the convolution before it.
 */

import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, layers, type Shape as TfShape } from '@tensorflow/tfjs-layers';
import type { WeightInit } from '../parts';
import { batchNormTraining } from '../seam/batch-norm';
import { registerLayer } from './register-layer';
import type { WeightDescription } from './weight-description';

export interface BatchNormArgs {
  name?: string;
  trainable?: boolean;
  /** Decay of the running statistics, in [0, 1); default 0.999. */
  momentum?: number;
  /** Default 1e-3. */
  epsilon?: number;
  /** Whether γ exists; default true. */
  scale?: boolean;
  /** Whether β exists; default true. */
  center?: boolean;
  /** Start of γ: default 1. */
  gammaInit?: number;
  /** Divide the weight of the start out of the running statistics; default true. */
  zeroDebias?: boolean;
}

/**
 * Batch normalisation over all axes but the last: [...,C] to [...,C]. In training (`apply(x, { training: true })`) with
 * the batch's statistics, which also move the running ones; otherwise with those.
 * @throws NeusimError LAYER_OPTIONS for a momentum outside [0, 1) or an epsilon not above 0.
 */
export class BatchNorm extends layers.Layer {
  /** @nocollapse */
  static className = 'NeusimBatchNorm';

  readonly epsilon: number;
  private readonly momentum: number;
  private readonly scale: boolean;
  private readonly center: boolean;
  private readonly gammaInit: number;
  private readonly zeroDebias: boolean;
  private channels = 0;
  private gamma?: LayerVariable;
  private beta?: LayerVariable;
  private movingMean?: LayerVariable;
  private movingVariance?: LayerVariable;
  /** 1 − decayᵗ: the weight that the batches seen so far have in the running statistics. */
  private seen?: LayerVariable;

  constructor(args: BatchNormArgs = {}) {
    super(args as ConstructorParameters<typeof layers.Layer>[0]);
    registerLayer(BatchNorm);
    this.supportsMasking = true;
    this.momentum = args.momentum ?? 0.999;
    this.epsilon = args.epsilon ?? 1e-3;
    this.scale = args.scale ?? true;
    this.center = args.center ?? true;
    this.gammaInit = args.gammaInit ?? 1;
    this.zeroDebias = args.zeroDebias ?? true;
    if (!(this.momentum >= 0 && this.momentum < 1) || !(this.epsilon > 0))
      throw new NeusimError(
        'LAYER_OPTIONS',
        `momentum ${this.momentum} or epsilon ${this.epsilon} is out of range`,
        {
          data: { momentum: this.momentum, epsilon: this.epsilon },
          hint: 'momentum is in [0, 1), epsilon is above 0.',
        },
      );
  }

  override build(inputShape: TfShape | TfShape[]): void {
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as TfShape;
    this.channels = shape[shape.length - 1] as number;
    const add = (name: string, init: WeightInit, trainable: boolean, size = this.channels) =>
      this.addWeight(name, [size], 'float32', init as never, undefined, trainable);
    if (this.scale) this.gamma = add('gamma', initializers.constant({ value: this.gammaInit }), true);
    if (this.center) this.beta = add('beta', initializers.zeros(), true);
    this.movingMean = add('moving_mean', initializers.zeros(), false);
    this.movingVariance = add('moving_variance', initializers.ones(), false);
    if (this.zeroDebias) this.seen = add('seen', initializers.zeros(), false, 1);
    this.built = true;
  }

  override computeOutputShape(inputShape: TfShape | TfShape[]): TfShape {
    return (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as TfShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean } = {}): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor;
    return tf.tidy(() => {
      if (!kwargs.training || x.size === 0) {
        const { scale, shift } = this.affine();
        return tf.add(tf.mul(x, scale), shift);
      }
      const gamma = (this.gamma?.read() ?? tf.ones([this.channels])) as tf.Tensor1D;
      const beta = (this.beta?.read() ?? tf.zeros([this.channels])) as tf.Tensor1D;
      const { y, mean, variance } = batchNormTraining(x, gamma, beta, this.epsilon);
      this.track(mean, variance);
      return y;
    });
  }

  /** Inference as one affine map a channel: y = x·scale + shift, both [C]. */
  affine(): { scale: tf.Tensor1D; shift: tf.Tensor1D } {
    return tf.tidy(() => {
      const rstd = tf.rsqrt(tf.add((this.movingVariance as LayerVariable).read(), this.epsilon));
      const scale = this.gamma ? tf.mul(this.gamma.read(), rstd) : rstd;
      const moved = tf.mul((this.movingMean as LayerVariable).read(), scale);
      return {
        scale: scale as tf.Tensor1D,
        shift: (this.beta ? tf.sub(this.beta.read(), moved) : tf.neg(moved)) as tf.Tensor1D,
      };
    });
  }

  /** [γ, β, running mean, running variance], each [C], with 1 and 0 where γ or β does not exist. */
  statistics(): tf.Tensor[] {
    return [
      this.gamma?.read() ?? tf.ones([this.channels]),
      this.beta?.read() ?? tf.zeros([this.channels]),
      (this.movingMean as LayerVariable).read(),
      (this.movingVariance as LayerVariable).read(),
    ];
  }

  describeWeight(weight: LayerVariable): WeightDescription | undefined {
    return this.weights.includes(weight) ? { role: 'norm' } : undefined;
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { momentum, epsilon, scale, center, gammaInit, zeroDebias } = this;
    return { ...super.getConfig(), momentum, epsilon, scale, center, gammaInit, zeroDebias };
  }

  private track(mean: tf.Tensor, variance: tf.Tensor): void {
    let rate: tf.Tensor | number = 1 - this.momentum;
    if (this.seen) {
      const seen = tf.add(tf.mul(this.seen.read(), this.momentum), 1 - this.momentum);
      rate = tf.div(1 - this.momentum, seen);
      this.seen.write(seen);
    }
    for (const [moving, batch] of [
      [this.movingMean, mean],
      [this.movingVariance, variance],
    ] as [LayerVariable, tf.Tensor][])
      moving.write(tf.add(moving.read(), tf.mul(tf.sub(batch, moving.read()), rate)));
  }
}
