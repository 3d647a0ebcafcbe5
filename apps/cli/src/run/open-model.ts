// A saved network, ready for a data set: loaded, of one input and one output of class scores, and of its sizes.

import { loadModel } from '@neusim/core';
import { type Dataset, inputShapeOf, type Transform } from '@neusim/datasets';
import { disposeModel } from '@neusim/models';
import { modelFile } from '@neusim/platform';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import type * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/**
 * A model of our layers or of tfjs's own, as a folded one is.
 * @throws NeusimError what `loadModel` throws; CLI_MODEL_FORM for one that does not map images to class scores
 */
export async function openModel(registry: AnyRegistry, folder: string): Promise<LayersModel> {
  const model = await loadModel(registry, modelFile(folder) as tf.io.IOHandler);
  const [input, output] = [model.inputs[0]?.shape.length, model.outputs[0]?.shape.length];
  if (model.inputs.length === 1 && model.outputs.length === 1 && input === 4 && output === 2) return model;
  disposeModel(model);
  throw new NeusimError(
    'CLI_MODEL_FORM',
    `the model in ${folder} has ${model.inputs.length} inputs and ${model.outputs.length} outputs, of ranks ${input} and ${output}; wanted: images [B,height,width,channels] to logits [B,classes]`,
    { data: { folder }, hint: 'give a classifier of images' },
  );
}

/**
 * @param transform what becomes of the data set's images before the model sees them.
 * @throws NeusimError CLI_MODEL_MISMATCH where the model takes other images, or knows another number of classes;
 *   DATASET_BAD_TRANSFORM
 */
export function requireFit(
  model: LayersModel,
  { name, shape: stored, classes }: Dataset,
  transform?: Transform | undefined,
): void {
  const shape = inputShapeOf(stored, transform);
  const [, ...wanted] = model.inputs[0]?.shape ?? [];
  const outputs = model.outputs[0]?.shape[1];
  const differs = wanted.some((size, axis) => size !== null && size !== shape[axis]);
  if (!differs && outputs === classes.length) return;
  const told = (sizes: readonly (number | null)[], count: unknown) =>
    `images of ${sizes.map((size) => size ?? '?').join('×')} and ${count} classes`;
  throw new NeusimError(
    'CLI_MODEL_MISMATCH',
    `the model is for ${told(wanted, outputs)}; ${name} has ${told(shape, classes.length)}`,
    {
      data: { model: { shape: wanted, classes: outputs }, dataset: { name, shape, classes: classes.length } },
      hint: 'name the data set that it was trained on with --dataset, its options with --set dataset.KEY=VALUE',
    },
  );
}
