/** Saves a model to memory as it would be written to disk, loads it back, and compares the outputs. */
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { NdArray } from '../oracle/array';
import { type CheckRow, checkRow } from '../report';
import { fromTensor, toTensor } from '../tensors';
import { call } from './subject';

/** Builds a model from what was saved: `(saved) => loadModel(registry, saved)`. */
export type ModelLoader = (saved: tf.io.IOHandler) => Promise<tfl.LayersModel>;

/** Rows for equal outputs, to the last bit, and equal numbers of weights. */
export async function saveLoadRows(
  model: tfl.LayersModel,
  input: NdArray,
  load: ModelLoader,
): Promise<CheckRow[]> {
  const loaded = await load(await saved(model));
  try {
    const x = toTensor(input);
    const outputs = [call(model, x, false), call(loaded, x, false)];
    const [before, after] = await Promise.all(outputs.map(fromTensor));
    tf.dispose([x, ...outputs]);
    const trainable = loaded.trainableWeights.length - model.trainableWeights.length;
    const others = loaded.nonTrainableWeights.length - model.nonTrainableWeights.length;
    return [
      checkRow('save and load: output', largestDifference(before!, after!), 0),
      checkRow('save and load: number of weights', Math.abs(trainable) + Math.abs(others), 0),
    ];
  } finally {
    loaded.dispose();
  }
}

/** The topology goes through JSON text, as on disk; what JSON cannot hold is lost here too. */
async function saved(model: tfl.LayersModel): Promise<tf.io.IOHandler> {
  let artifacts: tf.io.ModelArtifacts = {};
  await model.save(
    tf.io.withSaveHandler(async (given) => {
      artifacts = { ...given, modelTopology: JSON.parse(JSON.stringify(given.modelTopology)) };
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  return tf.io.fromMemory(artifacts);
}

function largestDifference(a: NdArray, b: NdArray): number {
  if (a.shape.join() !== b.shape.join()) return Number.POSITIVE_INFINITY;
  return a.data.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b.data[i]!)), 0);
}
