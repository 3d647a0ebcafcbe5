/**
 * Loading a saved model whose layers are NeuSim's: tfjs alone cannot, because a layer's parts live in a registry that
 * may have to load them first.
 */

import { type AnyRegistry, NeusimError } from '@neusim/registry';
import { dispose, io, type NamedTensorMap } from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { checkTopology } from './check-topology';
import { BatchNorm } from './layers/batch-norm';
import { withParts } from './layers/loading';
import { NeuralSimilarityConv2D } from './layers/neural-similarity-conv2d';
import { registerLayer } from './layers/register-layer';
import { markVariables } from './new-variables';

/**
 * Reads a model, waits until the registry has loaded every part it names, and builds it. The state of a tfjs optimiser
 * saved with it is not read.
 * @param source a URL that a tfjs IO handler knows (http, indexeddb, localstorage), or a handler: for a folder,
 *   `modelFile(path)` of `@neusim/platform`.
 * @throws NeusimError MODEL_SOURCE where nothing can read the source, MODEL_CORRUPT where it holds no layers model, or
 *   weights that are not the model's, REGISTRY_UNKNOWN_NAME and REGISTRY_VERSION for parts that the registry lacks.
 */
export async function loadModel(registry: AnyRegistry, source: string | io.IOHandler): Promise<LayersModel> {
  registerLayer(NeuralSimilarityConv2D);
  registerLayer(BatchNorm);
  const { weightData, weightSpecs, ...artifacts } = await read(source);
  const topology = artifacts.modelTopology;
  if (!topology || topology instanceof ArrayBuffer)
    throw new NeusimError('MODEL_CORRUPT', 'the source holds no layers model', {
      data: { format: artifacts.format },
      hint: 'A layers model has its modelTopology as JSON.',
    });
  checkTopology(topology);
  const undo = markVariables();
  try {
    const model = await withParts(registry, topology, (marked) =>
      loadLayersModel({ load: async () => ({ ...artifacts, modelTopology: marked }) }),
    );
    if (weightData) setWeights(model, io.decodeWeights(weightData, weightSpecs ?? []));
    return model;
  } catch (cause) {
    undo();
    if (cause instanceof NeusimError) throw cause;
    throw new NeusimError('MODEL_CORRUPT', `the model cannot be built: ${(cause as Error).message}`, {
      hint: 'The file was altered, or a layer in it belongs to a package that has not been imported.',
      cause,
    });
  }
}

function setWeights(model: LayersModel, tensors: NamedTensorMap): void {
  try {
    model.loadWeights(tensors, true);
  } finally {
    dispose(tensors);
  }
}

async function read(source: string | io.IOHandler): Promise<io.ModelArtifacts> {
  const handler = typeof source === 'string' ? io.getLoadHandlers(source)[0] : source;
  if (!handler?.load)
    throw new NeusimError('MODEL_SOURCE', `nothing here can read ${JSON.stringify(source)}`, {
      data: { source },
      hint: "Give an http(s) URL, or modelFile(path) from '@neusim/platform' for a folder.",
    });
  return handler.load();
}
