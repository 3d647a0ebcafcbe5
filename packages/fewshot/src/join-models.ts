/** One model for all of a learner's weights: what training moves, checkpoints keep and `disposeModel` frees. */
import { NeusimError } from '@neusim/registry';
import { type LayersModel, model as makeModel } from '@tensorflow/tfjs-layers';

/**
 * A model with the inputs and outputs of all the models, each once, in their order. It shares their layers and weights, and
 * each of them still runs by itself: dispose of the joined one alone.
 * @throws NeusimError FEWSHOT_LAYER_NAME where different layers have one name.
 */
export function joinModels(name: string, models: readonly LayersModel[]): LayersModel {
  requireUniqueNames(name, models);
  const unique = <T extends { readonly id: number }>(tensors: T[]) => [
    ...new Map(tensors.map((tensor) => [tensor.id, tensor])).values(),
  ];
  const inputs = unique(models.flatMap((each) => each.inputs));
  const outputs = unique(models.flatMap((each) => each.outputs));
  return makeModel({ name, inputs, outputs });
}

function requireUniqueNames(name: string, models: readonly LayersModel[]): void {
  const owners = new Map<string, object>();
  for (const layer of models.flatMap((each) => each.layers)) {
    const owner = owners.get(layer.name);
    if (owner && owner !== layer)
      throw new NeusimError('FEWSHOT_LAYER_NAME', `${name}: two layers are called '${layer.name}'`, {
        data: { model: name, layer: layer.name, models: models.map((each) => each.name) },
        hint: `Names of layers tell weights apart in a checkpoint: give the backbone's layer '${layer.name}' another name.`,
      });
    owners.set(layer.name, layer);
  }
}
