/** A network that is no LayersModel, such as a tfjs GraphModel, as a backbone: a function of images, which nothing trains. */
import { registerLayer } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers,
  model as makeModel,
  type SymbolicTensor,
  type Shape as TfShape,
} from '@tensorflow/tfjs-layers';

/** From images [B,H,W,C] to embeddings [B,features], or to a map [B,h,w,c]: `(images) => graphModel.predict(images)`. */
export type Embed = (images: tf.Tensor4D) => tf.Tensor;

interface FunctionLayerArgs {
  name?: string;
  /** Of one image's output. */
  outputShape: readonly number[];
  embed: Embed;
}

class FunctionLayer extends layers.Layer {
  /** @nocollapse */
  static className = 'NeusimFunction';

  private readonly args: FunctionLayerArgs;

  constructor(args: FunctionLayerArgs) {
    super({ name: args.name } as ConstructorParameters<typeof layers.Layer>[0]);
    registerLayer(FunctionLayer);
    this.args = args;
  }

  override computeOutputShape(inputShape: TfShape | TfShape[]): TfShape {
    const [shape] = (Array.isArray(inputShape[0]) ? inputShape : [inputShape]) as TfShape[];
    return [shape?.[0] ?? null, ...this.args.outputShape];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x] = [inputs].flat() as [tf.Tensor4D];
    return tf.tidy(() => this.args.embed(x));
  }

  static override fromConfig<T extends tf.serialization.Serializable>(): T {
    throw new NeusimError('FEWSHOT_BACKBONE', 'a backbone that is a function is not saved with a model', {
      hint: 'Make it anew by functionBackbone or mobilenetBackbone, in the thread that uses it.',
    });
  }
}

export interface FunctionBackboneOptions {
  /** [height, width, channels] of one image. */
  readonly inputShape: readonly [number, number, number];
  /** Default `function`. */
  readonly name?: string;
}

/**
 * A backbone without weights. The function is called once to find what it gives, and owns what it computes with; no
 * gradient flows into it. It lives in this thread: no worker, and no saved model, has it.
 * @throws NeusimError FEWSHOT_BACKBONE where it gives neither [B,features] nor [B,h,w,c].
 */
export function functionBackbone(
  embed: Embed,
  { inputShape, name = 'function' }: FunctionBackboneOptions,
): LayersModel {
  const [batch, ...outputShape] = tf.tidy(() => embed(tf.zeros([2, ...inputShape])).shape);
  if (batch !== 2 || ![1, 3].includes(outputShape.length))
    throw new NeusimError(
      'FEWSHOT_BACKBONE',
      `of images [2,${inputShape}] it gives [${[batch, ...outputShape]}]`,
      {
        data: { images: [2, ...inputShape], output: [batch, ...outputShape] },
        hint: 'Give a function from images [B,H,W,C] to embeddings [B,features] or maps [B,h,w,c].',
      },
    );
  const images = input({ name: 'image', shape: [...inputShape] });
  const layer = new FunctionLayer({ name: `${name}_embed`, outputShape, embed });
  return makeModel({ name, inputs: images, outputs: layer.apply(images) as SymbolicTensor });
}
