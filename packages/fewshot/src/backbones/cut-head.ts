/** A trained classifier as a backbone: what comes before its head. */
import { describeWeights } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import {
  type LayersModel,
  type layers,
  model as makeModel,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import { EMBEDDING } from './backbone';

/**
 * The network up to a layer. The network becomes it: what comes after is freed, and the network is of no use any more.
 * @param layer default: `embedding`, where there is one. Of another classifier, which has a softmax at its end or a layer
 *   `logits`, what its last layer with weights takes. Else the whole network, whose output then is the embedding: name the
 *   layer of a classifier that gives bare logits.
 * @throws NeusimError FEWSHOT_BACKBONE for a layer that is not there, or that is used more than once.
 */
export function cutHead(network: LayersModel, layer?: string): LayersModel {
  const names = network.layers.map(({ name }) => name);
  const wanted = layer ?? (names.includes(EMBEDDING) ? EMBEDDING : undefined);
  const output = wanted === undefined ? beforeScore(network) : outputOf(network, wanted);
  if (!output) return network;
  if (network.outputs.length === 1 && network.outputs[0] === output) return network;
  const part = makeModel({ name: network.name, inputs: network.inputs, outputs: output });
  const kept = new Set(describeWeights(part).map(({ variable }) => variable));
  for (const { variable } of describeWeights(network)) if (!kept.has(variable)) variable.dispose();
  return part;
}

/** @throws NeusimError FEWSHOT_BACKBONE */
function outputOf({ name, layers }: LayersModel, wanted: string): SymbolicTensor {
  const names = layers.map(({ name }) => name);
  const last = layers.find(({ name }) => name === wanted);
  const output = last?.inboundNodes.length === 1 ? last.output : undefined;
  if (output && !Array.isArray(output)) return output;
  throw new NeusimError(
    'FEWSHOT_BACKBONE',
    last ? `the layer '${wanted}' has several outputs` : `${name} has no layer '${wanted}'`,
    { data: { layer: wanted, layers: names }, hint: `its layers are: ${names.join(', ')}` },
  );
}

/** Of a classifier what its last layer with weights takes. */
function beforeScore(network: LayersModel): SymbolicTensor | undefined {
  let [tensor] = network.outputs as [SymbolicTensor];
  let isClassifier = false;
  for (;;) {
    const { sourceLayer, nodeIndex } = tensor;
    const inputs = sourceLayer.inboundNodes[nodeIndex]?.inputTensors ?? [];
    isClassifier ||= givesScores(sourceLayer);
    const isInput = sourceLayer.inboundNodes[nodeIndex]?.inboundLayers.length === 0;
    if (inputs.length !== 1 || isInput) return undefined;
    if (sourceLayer.weights.length > 0) return isClassifier ? inputs[0] : undefined;
    tensor = inputs[0] as SymbolicTensor;
  }
}

function givesScores(layer: layers.Layer): boolean {
  const { activation } = layer.getConfig() as { activation?: unknown };
  return activation === 'softmax' || layer.getClassName() === 'Softmax' || layer.name === 'logits';
}
