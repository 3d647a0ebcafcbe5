/** A trained classifier as a backbone: what comes before its head. */
import { describeWeights } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import { type LayersModel, model as makeModel } from '@tensorflow/tfjs-layers';

/** The layer of @neusim/models that makes an embedding of the last map. */
const EMBEDDING = 'embedding';

/**
 * The network up to a layer. The network becomes it: what comes after is freed, and the network is of no use any more.
 * @param layer default: `embedding`, where there is one; else the whole network, whose output then is the embedding.
 * @throws NeusimError FEWSHOT_BACKBONE for a layer that is not there, or that is used more than once
 */
export function cutHead(network: LayersModel, layer?: string): LayersModel {
  const names = network.layers.map(({ name }) => name);
  const wanted = layer ?? (names.includes(EMBEDDING) ? EMBEDDING : undefined);
  if (wanted === undefined) return network;
  const last = network.layers.find(({ name }) => name === wanted);
  const output = last?.inboundNodes.length === 1 ? last.output : undefined;
  if (!output || Array.isArray(output))
    throw new NeusimError(
      'FEWSHOT_BACKBONE',
      last ? `the layer '${wanted}' has several outputs` : `${network.name} has no layer '${wanted}'`,
      { data: { layer: wanted, layers: names }, hint: `its layers are: ${names.join(', ')}` },
    );
  if (network.outputs.length === 1 && network.outputs[0] === output) return network;
  const part = makeModel({ name: network.name, inputs: network.inputs, outputs: output });
  const kept = new Set(describeWeights(part).map(({ variable }) => variable));
  for (const { variable } of describeWeights(network)) if (!kept.has(variable)) variable.dispose();
  return part;
}
