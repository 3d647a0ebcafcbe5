/** Centring by the mean embedding of the base classes, and norm 1 (Wang et al. 2019). */
import { registerLayer, type WeightInfo } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, layers, type Shape as TfShape } from '@tensorflow/tfjs-layers';
import { unit } from './unit';

/** `UN` leaves embeddings as they are, `L2N` makes their norm 1, `CL2N` subtracts the base classes' mean before. */
export type Normalization = 'UN' | 'L2N' | 'CL2N';

/** Decay of the estimate that training keeps. */
const DECAY = 0.99;

/**
 * From embeddings [B,features] to the same shape. The mean is a state of the layer that checkpoints keep: `see` moves an
 * estimate of it along in training, `prepare` computes it.
 */
export class BaseCentre extends layers.Layer {
  /** @nocollapse */
  static className = 'NeusimBaseCentre';

  private readonly normalization: Normalization;
  private mean?: LayerVariable;
  /** 1 − decayᵗ: the weight that the batches seen so far have in the estimate. */
  private seen?: LayerVariable;

  constructor({ normalization, ...rest }: { name?: string; normalization: Normalization }) {
    super(rest);
    registerLayer(BaseCentre);
    this.normalization = normalization;
  }

  override build(inputShape: TfShape | TfShape[]): void {
    const [features] = (inputShape as TfShape).slice(-1) as [number];
    const add = (name: string, size: number) =>
      this.addWeight(name, [size], 'float32', initializers.zeros(), undefined, false);
    if (this.normalization === 'CL2N') [this.mean, this.seen] = [add('base_mean', features), add('seen', 1)];
    this.built = true;
  }

  override computeOutputShape(inputShape: TfShape | TfShape[]): TfShape {
    return inputShape as TfShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = [inputs].flat()[0] as tf.Tensor2D;
    return tf.tidy(() => {
      if (this.normalization === 'UN') return tf.clone(x);
      return unit(this.mean ? tf.sub(x, this.mean.read()) : x, 1);
    });
  }

  /** Moves the estimate by a batch's embeddings [B,features]. */
  see(embeddings: tf.Tensor2D): void {
    const { mean, seen } = this;
    if (!mean || !seen || embeddings.shape[0] === 0) return;
    tf.tidy(() => {
      const share = tf.add(tf.mul(seen.read(), DECAY), 1 - DECAY);
      const step = tf.mul(tf.sub(tf.mean(embeddings, 0), mean.read()), tf.div(1 - DECAY, share));
      mean.write(tf.add(mean.read(), step));
      seen.write(share);
    });
  }

  /**
   * Computes the mean of all images' embeddings, in double precision.
   * @throws NeusimError FEWSHOT_BASE_CLASSES where there is no image.
   */
  async prepare(
    images: AsyncIterable<tf.Tensor4D>,
    embed: (images: tf.Tensor4D) => tf.Tensor2D,
  ): Promise<void> {
    const { mean, seen } = this;
    if (!mean || !seen) return;
    const sums = new Float64Array(mean.shape[0] as number);
    let count = 0;
    for await (const batch of images) {
      const embedded = embed(batch);
      const values = await embedded.data();
      embedded.dispose();
      for (let i = 0; i < values.length; i++) sums[i % sums.length]! += values[i]!;
      count += batch.shape[0];
    }
    if (count === 0)
      throw new NeusimError('FEWSHOT_BASE_CLASSES', 'there is no base image whose mean could be taken', {
        hint: 'Give `prepare` the images that the network was trained on.',
      });
    tf.tidy(() => {
      mean.write(tf.tensor1d(Float32Array.from(sums, (sum) => sum / count)));
      seen.write(tf.ones([1]));
    });
  }

  describeWeight(): Pick<WeightInfo, 'role'> {
    return { role: 'norm' };
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), name: this.name, normalization: this.normalization };
  }
}
