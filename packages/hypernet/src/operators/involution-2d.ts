/** The layer of `involution`: a kernel at each position, one for each group of channels. */
import { OperatorConv2D, similarityConv2d } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import type { LayerVariable, Shape as TfShape } from '@tensorflow/tfjs-layers';
import type { InvolutionOptions } from './involution';
import { pieces } from './pieces';

type T4 = tf.Tensor4D;

/** Channels that go through the seam at once: its product with the identity costs as many multiply-adds a value. */
const BLOCK = 16;

/** From [x [B,H,W,C], kernels [B,H',W',G·K]] to [B,H',W',C]. The operator's options are the layer's. */
export class Involution2D extends OperatorConv2D {
  /** @nocollapse */
  static className = 'NeusimInvolution2D';

  private bias?: LayerVariable;

  /**
   * G, the number of groups of C channels.
   * @throws NeusimError LAYER_OPTIONS where the groups' channels do not divide C.
   */
  groups(channels: number): number {
    const { groupChannels } = this.operator.options as unknown as InvolutionOptions;
    const size = Math.min(groupChannels, channels);
    if (channels % size === 0) return channels / size;
    const divisors = Array.from({ length: channels }, (_, i) => i + 1).filter((n) => channels % n === 0);
    throw new NeusimError(
      'LAYER_OPTIONS',
      `layer ${this.name}: ${channels} channels are no multiple of groupChannels ${groupChannels}`,
      {
        data: { layer: this.name, channels, groupChannels, allowed: divisors },
        hint: `Give groupChannels one of ${divisors.join(', ')}.`,
      },
    );
  }

  override build(): void {
    const { filters, biasInitializer, useBias } = this.options;
    if (useBias)
      this.bias = this.add({ name: 'bias', shape: [filters], init: biasInitializer, role: 'bias' });
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x, kernels] = inputs as [T4, T4];
    return tf.tidy(() => {
      const y = involution2d(x, kernels, this.groups(x.shape[3]), this.kernelSize, this.convOptions);
      return this.finish(y, this.bias?.read());
    });
  }

  /** Multiply-adds for one image: one for each tap, channel and position. */
  multiplyAdds(inputShape: TfShape | TfShape[]): number {
    const { outHeight, outWidth, taps, channels } = this.geometry(inputShape);
    return outHeight * outWidth * taps * channels;
  }
}

/**
 * y[b,i,j,c] = Σₖ kernels[b,i,j,g(c),k]·x[patch k, c]: in the seam's terms W = I for each tap, and M the diagonal of the
 * group's kernel, which is different at each position.
 * @param x [B,H,W,C]. @param kernels [B,H',W',G·K], group by group.
 * @returns [B,H',W',C], differentiable in both to any order.
 */
export function involution2d(
  x: T4,
  kernels: T4,
  groups: number,
  [rows, columns]: readonly [number, number],
  options: Parameters<typeof similarityConv2d>[3],
): T4 {
  const size = x.shape[3] / groups;
  return tf.tidy(() => {
    const ms = pieces(kernels, groups, 3);
    const parts = pieces(x, groups, 3).flatMap((group, i) => {
      const blocks = Array.from({ length: Math.ceil(size / BLOCK) }, (_, b) =>
        Math.min(BLOCK, size - b * BLOCK),
      );
      return pieces(group, blocks, 3).map((block) => {
        const width = block.shape[3] as number;
        const eye = tf.reshape(tf.eye(width), [1, 1, width, width]);
        const w = tf.tile(eye, [rows, columns, 1, 1]) as T4;
        return similarityConv2d(block as T4, w, ms[i] as T4, options);
      });
    });
    return tf.concat(parts, 3);
  });
}
