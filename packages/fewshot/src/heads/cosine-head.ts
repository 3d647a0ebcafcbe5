/**
 * The cosine head of Baseline++ (Chen et al. 2019) over the base classes: scale·g·cos(x, w), with a factor g for each class
 * that starts at ‖w‖ and is learned, as weight normalisation has it, or is 1.
 */
import { registerLayer, type WeightDescription, weightSeed } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  type LayerVariable,
  layers,
  model as makeModel,
  type Shape,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import { embeddingSize } from '../backbones/backbone';
import { type BaseHead, classTraining, requireBaseClasses } from './base-head';
import { type HeadForm, headLogits, headStart } from './head';

export interface CosineHeadArgs {
  readonly name?: string;
  readonly classes: number;
  readonly scale: number;
  readonly norm: 'learned' | 'one';
  /** Start of the weights, 0..2^53 - 1; default 0. */
  readonly seed?: number;
}

/** From embeddings [B,features] to logits [B,classes]; g is a weight where it is learned. */
export class CosineHead extends layers.Layer {
  /** @nocollapse */
  static className = 'NeusimCosineHead';

  private readonly args: CosineHeadArgs;
  private directions?: LayerVariable;
  private factors?: LayerVariable;

  constructor(args: CosineHeadArgs) {
    super(args as ConstructorParameters<typeof layers.Layer>[0]);
    registerLayer(CosineHead);
    this.args = args;
  }

  override build(inputShape: Shape | Shape[]): void {
    const features = (inputShape as Shape)[1] as number;
    const { classes, norm, seed = 0 } = this.args;
    const { weights, perClass } = headStart(this.form, classes, features, seed);
    const add = (name: string, shape: number[], make: () => tf.Tensor) =>
      this.addWeight(name, shape, 'float32', { apply: make } as never);
    this.directions = add('kernel', [features, classes], () =>
      tf.tidy(() => tf.transpose(tf.tensor2d(weights, [classes, features]))),
    );
    if (norm === 'learned') this.factors = add('gain', [classes], () => tf.tensor1d(perClass));
    this.built = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return [(inputShape as Shape)[0] as null, this.args.classes];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor2D;
    return tf.tidy(() => {
      const perClass = this.factors?.read() ?? tf.ones([this.args.classes]);
      const directions = (this.directions as LayerVariable).read();
      return headLogits(this.form, x, directions as tf.Tensor2D, perClass as tf.Tensor1D);
    });
  }

  describeWeight(weight: LayerVariable): WeightDescription | undefined {
    return this.weights.includes(weight) ? { role: 'filter' } : undefined;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.args } as tf.serialization.ConfigDict;
  }

  private get form(): HeadForm {
    const { scale, norm } = this.args;
    return { kind: 'cosine', scale, norm };
  }
}

/** A cosine head over base classes in place of the linear one of `baseHead`. */
export function cosineBaseHead(
  backbone: LayersModel,
  { classes, seed, scale, norm }: Required<Omit<CosineHeadArgs, 'name'>>,
): BaseHead {
  requireBaseClasses(classes);
  const name = 'base_head';
  const embedding = input({ name: `${name}_input`, shape: [embeddingSize(backbone)] });
  const layer = new CosineHead({ name, classes, scale, norm, seed: weightSeed(seed, `${name}/kernel`) });
  const model = makeModel({ name, inputs: embedding, outputs: layer.apply(embedding) as SymbolicTensor });
  return { model, training: classTraining(backbone, model) };
}
