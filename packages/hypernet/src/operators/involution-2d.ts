/** The layer of `involution`: a kernel at each position, one for each group of channels. */
import { type ConvOptions, OperatorConv2D, similarityConv2d } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import type { LayerVariable, Shape as TfShape } from '@tensorflow/tfjs-layers';

type T4 = tf.Tensor4D;

/**
 * Channels that go through the seam as one image: its product with the identity costs as many multiply-adds a value, and
 * fewer channels than 4 leave its registers empty. Of 8, 16 and 32, 16 was the fastest on wasm.
 */
const [NARROWEST, WIDEST] = [4, 16];

export interface InvolutionOptions {
  /** Channels that share a kernel; C is a multiple of it, or smaller: then there is one group. Default 16. */
  readonly groupChannels: number;
  /** r: the network has max(1, ⌊C/r⌋) channels inside; default 4. */
  readonly reduction: number;
  /**
   * An involution gives as many channels as it takes. Where the layer wants another number, a 1×1 convolution comes first
   * (`true`, the default), or that is an error.
   */
  readonly projection: boolean;
  /** Batch norm after `reduce`; default true. */
  readonly batchNorm: boolean;
  /** Decay of its running statistics, in [0, 1); default 0.999. */
  readonly normDecay: number;
  /** λ ≥ 0 of the network's own λ/2‖w‖²; without it the training config's for predictors. */
  readonly l2?: number;
  /** Seed of the network's start, any whole number. */
  readonly seed?: number;
}

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
 * group's kernel, which is different at each position. The groups of an image are so many images of few channels.
 * @param x [B,H,W,C]. @param kernels [B,H',W',G·K], group by group.
 * @returns [B,H',W',C], differentiable in both to any order.
 */
export function involution2d(
  x: T4,
  kernels: T4,
  groups: number,
  [rows, columns]: readonly [number, number],
  options: ConvOptions,
): T4 {
  const [batch, , , channels] = x.shape;
  const width = blockWidth(channels / groups);
  const blocks = channels / width;
  return tf.tidy(() => {
    const eye = tf.reshape(tf.eye(width), [1, 1, width, width]);
    const w = tf.tile(eye, [rows, columns, 1, 1]) as T4;
    const m = toImages(repeated(kernels, groups, blocks / groups), blocks);
    const y = similarityConv2d(toImages(x, blocks), w, m, options);
    const [, height, length] = y.shape;
    if (blocks === 1) return y;
    const back = middleTurned(y, [batch, blocks, height * length, width]);
    return tf.reshape(back, [batch, height, length, channels]);
  });
}

/** The widest block that divides a group, where that is not a narrow one. */
function blockWidth(size: number): number {
  const width = Array.from({ length: WIDEST }, (_, i) => WIDEST - i).find((n) => size % n === 0) as number;
  return width < NARROWEST ? size : width;
}

/** [B,H,W,N·n] as [B·N,H,W,n]. */
function toImages(x: T4, count: number): T4 {
  if (count === 1) return x;
  const [batch, height, width, channels] = x.shape;
  const size = channels / count;
  const turned = middleTurned(x, [batch, height * width, count, size]);
  return tf.reshape(turned, [batch * count, height, width, size]);
}

/** x as [a,b,c,d], to [a,c,b,d]. tfjs-wasm cannot turn what is empty. */
function middleTurned(x: T4, [a, b, c, d]: readonly [number, number, number, number]): tf.Tensor {
  return x.size === 0 ? x : tf.transpose(tf.reshape(x, [a, b, c, d]), [0, 2, 1, 3]);
}

/** Each group's kernel `times` times, side by side: [B,H',W',G·K] to [B,H',W',G·times·K]. */
function repeated(kernels: T4, groups: number, times: number): T4 {
  if (times === 1) return kernels;
  const [batch, height, width, values] = kernels.shape;
  const each = tf.reshape(kernels, [batch * height * width * groups, 1, values / groups]);
  return tf.reshape(tf.mul(each, tf.ones([1, times, 1])), [batch, height, width, values * times]);
}
