// The folded model as it is used: saved, loaded again, its logits compared.

import { foldModelAsync } from '@neusim/core';
import { modelFile } from '@neusim/platform';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';

/**
 * Folds the model, saves it in `folder` and loads it again without NeuSim, as a stranger would.
 * @throws NeusimError `FOLD_DYNAMIC` for a model whose similarity depends on the input
 */
export async function saveFolded(model: LayersModel, folder: string): Promise<LayersModel> {
  const folded = await foldModelAsync(model);
  await folded.save(modelFile(folder) as tf.io.IOHandler);
  folded.dispose();
  return loadLayersModel(modelFile(folder) as tf.io.IOHandler);
}

/** Below any logit that matters: all of them are 0 where every ReLU is off, as on images unlike those trained on. */
const TINY = 1e-30;

/** Largest difference between the two models' logits, over the largest logit; 0 where all of both are 0. */
export async function logitDifference(
  model: LayersModel,
  folded: LayersModel,
  images: tf.Tensor4D,
): Promise<number> {
  const ratio = tf.tidy(() => {
    const [expected, met] = [model.predict(images) as tf.Tensor, folded.predict(images) as tf.Tensor];
    const largest = tf.add(tf.max(tf.abs(expected)), TINY);
    return tf.div(tf.max(tf.abs(tf.sub(met, expected))), largest);
  });
  const [difference] = await ratio.data();
  ratio.dispose();
  return difference as number;
}
