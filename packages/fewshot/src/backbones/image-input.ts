/** Images as a network wants them that was trained on others: of another size, range and number of channels. */
import { registerLayer } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { layers, type Shape as TfShape } from '@tensorflow/tfjs-layers';

export interface ImageInputArgs {
  name?: string;
  /** [height, width]; bilinear. */
  size: readonly [number, number];
  /** Lowest and highest value of the images that come, and of those that go. */
  from: readonly [number, number];
  to: readonly [number, number];
}

/** From [B,H,W,1|3] to [B,…size,3]. Not differentiable in the images on an engine that cannot resize so. */
export class ImageInput extends layers.Layer {
  /** @nocollapse */
  static className = 'NeusimImageInput';

  private readonly args: Readonly<ImageInputArgs>;

  constructor(args: ImageInputArgs) {
    super(args as ConstructorParameters<typeof layers.Layer>[0]);
    registerLayer(ImageInput);
    this.args = args;
  }

  override computeOutputShape(inputShape: TfShape | TfShape[]): TfShape {
    const [shape] = (Array.isArray(inputShape[0]) ? inputShape : [inputShape]) as TfShape[];
    return [shape?.[0] ?? null, ...this.args.size, 3];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x] = [inputs].flat() as [tf.Tensor4D];
    const { size, from, to } = this.args;
    return tf.tidy(() => {
      const [, height, width, channels] = x.shape;
      const resized =
        height === size[0] && width === size[1] ? x : tf.image.resizeBilinear(x, [...size], true);
      const coloured = channels === 1 ? tf.concat([resized, resized, resized], 3) : resized;
      const scale = (to[1] - to[0]) / (from[1] - from[0]);
      return tf.add(tf.mul(coloured, scale), to[0] - from[0] * scale);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { size, from, to } = this.args;
    return { ...super.getConfig(), size: [...size], from: [...from], to: [...to] };
  }
}
