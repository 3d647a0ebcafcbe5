/** Weights that no layer computes with, such as learned learning rates, where a model is what holds a learner's weights. */
import { registerLayer, type WeightDescription } from '@neusim/core';
import type { serialization, Tensor } from '@tensorflow/tfjs-core';
import {
  initializers,
  input,
  type LayersModel,
  type LayerVariable,
  layers,
  model as makeModel,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';

/** One weight, and the value that it begins with everywhere. */
export interface OwnWeight {
  /** Without a slash. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly value: number;
}

/** Passes its input on. */
class OwnWeights extends layers.Layer {
  /** @nocollapse */
  static className = 'NeusimOwnWeights';

  readonly own: readonly OwnWeight[];

  constructor(args: { readonly name?: string; readonly own: readonly OwnWeight[] }) {
    super(args as ConstructorParameters<typeof layers.Layer>[0]);
    registerLayer(OwnWeights);
    this.own = args.own;
  }

  override build(): void {
    for (const { name, shape, value } of this.own)
      this.addWeight(name, [...shape], 'float32', initializers.constant({ value }));
    this.built = true;
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return (Array.isArray(inputs) ? inputs[0] : inputs) as Tensor;
  }

  /** As a bias: that is what penalties and decay leave alone. */
  describeWeight(): WeightDescription {
    return { role: 'bias' };
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), own: this.own as unknown as serialization.ConfigDictArray };
  }
}

/** A model of one layer, `name`, that holds the weights, to be joined with others. @returns the weights in their order. */
export function ownWeights(
  name: string,
  own: readonly OwnWeight[],
): { readonly model: LayersModel; readonly weights: readonly LayerVariable[] } {
  const nothing = input({ name: `${name}_input`, shape: [1] });
  const layer = new OwnWeights({ name, own });
  const model = makeModel({ name, inputs: nothing, outputs: layer.apply(nothing) as SymbolicTensor });
  return { model, weights: layer.trainableWeights };
}
