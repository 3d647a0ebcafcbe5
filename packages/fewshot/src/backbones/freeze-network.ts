/** A network that no training moves: neither its weights nor the statistics of its batch norms. */
import {
  BatchNorm,
  copyLayer,
  disposeNewVariables,
  isModel,
  leafLayers,
  registerLayer,
  rewire,
  type Use,
  useLayer,
  type WeightDescription,
  weightsAsMade,
} from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import {
  initializers,
  input,
  type LayersModel,
  type LayerVariable,
  layers,
  model as makeModel,
  type SymbolicTensor,
  type Shape as TfShape,
} from '@tensorflow/tfjs-layers';

type Layer = layers.Layer;

/** y = x·scale + shift, a channel: what a batch norm is in inference. */
export class FrozenNorm extends layers.Layer {
  /** @nocollapse */
  static className = 'NeusimFrozenNorm';

  private scale?: LayerVariable;
  private shift?: LayerVariable;

  constructor(args: { name?: string }) {
    super(args as ConstructorParameters<typeof layers.Layer>[0]);
    registerLayer(FrozenNorm);
  }

  override build(inputShape: TfShape | TfShape[]): void {
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as TfShape;
    const add = (name: string) =>
      this.addWeight(name, [shape.at(-1) as number], 'float32', initializers.zeros(), undefined, false);
    this.scale = add('scale');
    this.shift = add('shift');
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x] = [inputs].flat() as [tf.Tensor];
    const [scale, shift] = [this.scale, this.shift].map((each) => (each as LayerVariable).read());
    return tf.tidy(() => tf.add(tf.mul(x, scale as tf.Tensor), shift as tf.Tensor));
  }

  describeWeight(): WeightDescription {
    return { role: 'norm' };
  }
}

/** @throws NeusimError FEWSHOT_BACKBONE as `freezeNetwork`, before anything is done. */
export function requireFreezable(network: LayersModel): void {
  for (const layer of leafLayers(network)) affineOf(layer);
}

/** Layers that do something in training alone. */
const NOISE = new Set(['Dropout', 'SpatialDropout1D', 'AlphaDropout', 'GaussianDropout', 'GaussianNoise']);

/**
 * The network, frozen: in training too it does what it does in inference, and none of its weights is trainable. What it is
 * made of is copied, and the given network disposed of. Running radii of the similarity `decoupled` are not frozen.
 * @throws NeusimError FEWSHOT_BACKBONE for a batch norm over another axis than the last.
 */
export function freezeNetwork(network: LayersModel): LayersModel {
  const [images] = network.inputs.map(({ shape, dtype, sourceLayer: { name } }) =>
    input({ batchShape: shape, dtype, name }),
  ) as [SymbolicTensor];
  return makeModel({ name: network.name, inputs: images, outputs: frozenOn(images, network) });
}

/**
 * The same, wired to another tensor.
 * @param network of one input and one output; it is disposed of.
 */
export function frozenOn(x: SymbolicTensor, network: LayersModel): SymbolicTensor {
  const [y] = disposeNewVariables(() => wire([x], network, eachOnce(frozenUse)));
  disposeModel(network);
  return y as SymbolicTensor;
}

/** The network's graph on other inputs. */
function wire(
  inputs: readonly SymbolicTensor[],
  network: LayersModel,
  useOf: (layer: Layer) => Use,
): SymbolicTensor[] {
  const known = new Map(network.inputs.map(({ id }, i) => [id, inputs[i] as SymbolicTensor]));
  return rewire(network.outputs, known, useOf);
}

function frozenUse(layer: Layer): Use {
  if (NOISE.has(layer.getClassName())) return (inputs) => inputs;
  // The layers of a model inside stand in the network itself.
  if (isModel(layer)) {
    const useOf = eachOnce(frozenUse);
    return (inputs) => wire(inputs, layer, useOf);
  }
  const affine = affineOf(layer);
  const made = affine ? new FrozenNorm({ name: layer.name }) : copyLayer(layer);
  made.trainable = false;
  return useLayer(made, affine ?? (() => weightsAsMade(layer)));
}

/** A layer that is used again is the same layer. */
function eachOnce(useOf: (layer: Layer) => Use): (layer: Layer) => Use {
  const uses = new Map<Layer, Use>();
  return (layer) => {
    const use = uses.get(layer) ?? useOf(layer);
    uses.set(layer, use);
    return use;
  };
}

/** [scale, shift] of a batch norm in inference; of another layer none. */
function affineOf(layer: Layer): (() => tf.Tensor[]) | undefined {
  if (layer instanceof BatchNorm)
    return () => {
      const { scale, shift } = layer.affine();
      return [scale, shift];
    };
  if (layer.getClassName() !== 'BatchNormalization') return undefined;
  const config = layer.getConfig() as Record<'axis' | 'epsilon', number> &
    Record<'scale' | 'center', boolean>;
  const rank = layer.inboundNodes[0]?.outputTensors[0]?.rank ?? 0;
  const [axis] = [config.axis].flat() as [number];
  if (axis !== -1 && axis !== rank - 1)
    throw new NeusimError('FEWSHOT_BACKBONE', `${layer.name} norms axis ${axis} of ${rank}`, {
      data: { layer: layer.name, axis, rank },
      hint: 'Only batch norm over the last axis can be frozen: give a network of channels last.',
    });
  return () => {
    const weights = weightsAsMade(layer);
    const gamma = config.scale ? (weights.shift() as tf.Tensor) : tf.scalar(1);
    const beta = config.center ? (weights.shift() as tf.Tensor) : tf.scalar(0);
    const [mean, variance] = weights as [tf.Tensor, tf.Tensor];
    const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, config.epsilon)));
    return [scale, tf.sub(beta, tf.mul(mean, scale))];
  };
}
