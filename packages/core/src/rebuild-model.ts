/**
 * A model built anew from another's graph, layer by layer: what folding and conversion have in common. Shared layers stay
 * shared, models inside the model are built anew too, and the given model is left as it is.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  input as inputLayer,
  type LayersModel,
  type LayerVariable,
  type layers,
  model as makeModel,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import { NeuralSimilarityConv2D } from './layers/neural-similarity-conv2d';
import { disposeNewVariables } from './new-variables';
import type { Operator } from './parts';

type Layer = layers.Layer;
type CallArgs = layers.Layer['inboundNodes'][number]['callArgs'];

/** Wires what stands for a layer to its inputs: once for each use of the layer. */
export type Use = (
  inputs: SymbolicTensor[],
  callArgs?: CallArgs,
) => ReturnType<Layer['apply']> | SymbolicTensor[];

/** What stands for each layer of a model (models inside it come with a call of their own); without one, a copy. */
export type Plan = (model: LayersModel) => (layer: Layer) => Use | undefined;

/**
 * A new model of the same inputs and outputs, in which `plan` says what stands for which layer. Weights of a failed
 * attempt are disposed of.
 */
export function rebuildModel(model: LayersModel, plan: Plan): LayersModel {
  return disposeNewVariables(() => rebuild(model, plan));
}

function rebuild(model: LayersModel, plan: Plan): LayersModel {
  const useOf = plan(model);
  const uses = new Map<Layer, Use>();
  const use = (layer: Layer): Use => {
    const known = uses.get(layer);
    if (known) return known;
    const made = isModel(layer)
      ? useLayer(rebuild(layer, plan))
      : (useOf(layer) ?? useLayer(copyLayer(layer), () => weightsAsMade(layer)));
    uses.set(layer, made);
    return made;
  };
  const known = new Map(
    model.inputs.map(({ id, shape, dtype, sourceLayer: { name } }) => [
      id,
      inputLayer({ batchShape: shape, dtype, name }),
    ]),
  );
  const inputs = [...known.values()];
  const made = makeModel({ inputs, outputs: rewire(model.outputs, known, use), name: model.name });
  // Not said where all is as it was: it is written into every weight.
  if (!model.trainable) made.trainable = false;
  return made;
}

/**
 * The graph that leads to `outputs`, wired anew.
 * @param known by its id, what stands for a tensor; the graph is followed back to these, and grows by what is wired.
 * @param use what stands for a layer.
 */
export function rewire(
  outputs: readonly SymbolicTensor[],
  known: Map<number, SymbolicTensor>,
  use: (layer: Layer) => Use,
): SymbolicTensor[] {
  const wire = (tensor: SymbolicTensor): SymbolicTensor => {
    const there = known.get(tensor.id);
    if (there) return there;
    const layer = tensor.sourceLayer;
    const node = layer.inboundNodes[tensor.nodeIndex] as (typeof layer.inboundNodes)[number];
    const wired = [use(layer)(node.inputTensors.map(wire), node.callArgs)].flat() as SymbolicTensor[];
    node.outputTensors.forEach(({ id }, i) => {
      known.set(id, wired[i] as SymbolicTensor);
    });
    return known.get(tensor.id) as SymbolicTensor;
  };
  return outputs.map(wire);
}

/** Uses a layer, and after the first use, when it is built, gives it weights. */
export function useLayer(layer: Layer, weights?: () => tf.Tensor[]): Use {
  let isFilled = weights === undefined;
  return (inputs, callArgs) => {
    const outputs = layer.apply(inputs.length === 1 ? (inputs[0] as SymbolicTensor) : inputs, callArgs);
    if (weights && !isFilled) tf.tidy(() => layer.setWeights(weights()));
    isFilled = true;
    return outputs;
  };
}

/** A layer's weights in the order in which it has made them: tfjs's `getWeights` moves those that are frozen to the end. */
export function weightsAsMade(layer: Layer): tf.Tensor[] {
  const { _trainableWeights: trained, _nonTrainableWeights: others } = layer as unknown as {
    readonly _trainableWeights: readonly LayerVariable[];
    readonly _nonTrainableWeights: readonly LayerVariable[];
  };
  const own = [...trained, ...others];
  // Layers that wrap others have theirs.
  return own.length === layer.weights.length ? own.map((variable) => variable.read()) : layer.getWeights();
}

/** A layer of the same options, not yet built. */
export function copyLayer(layer: Layer): Layer {
  const config = layer.getConfig();
  if (layer instanceof NeuralSimilarityConv2D) {
    const { similarity, shape, predictor } = layer;
    return new NeuralSimilarityConv2D({ ...config, similarity, shape, predictor } as never);
  }
  const { operator } = layer as Layer & { readonly operator?: Operator };
  if (typeof operator?.apply === 'function') {
    const OperatorLayer = layer.constructor as unknown as new (args: object) => Layer;
    return new OperatorLayer({ ...config, operator });
  }
  const layerClass = layer.constructor as unknown as tf.serialization.SerializableConstructor<Layer> &
    typeof tf.serialization.Serializable;
  return layerClass.fromConfig(layerClass, config) as Layer;
}

/** Whether a layer is a model inside the model. */
export function isModel(layer: Layer): layer is LayersModel {
  return 'layers' in layer;
}
