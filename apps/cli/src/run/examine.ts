// What is to be said of a trained network, all from the model as it was saved: the row of the results, and what it
// learned. Runs that were trained at the same time are examined one after another, so that their speeds compare.

import { countParameters, loadModel, multiplyAdds } from '@neusim/core';
import { type Dataset, evaluationBatches, firstImages, readImages } from '@neusim/datasets';
import { disposeModel } from '@neusim/models';
import { joinPath, modelFile } from '@neusim/platform';
import type { AnyRegistry } from '@neusim/registry';
import { inspectSimilarity, type LayerSimilarity, similarityLayers, type TrainResult } from '@neusim/train';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { logitDifference, saveFolded } from './fold';
import { breathe } from './measure';
import type { ResultRow } from './results';
import type { Learned, RunReport, Sample } from './run-report';
import { imagesPerSecond } from './speed';

const IMAGES = 64;

/**
 * Loads the model in `folder`, saves it folded beside itself where it folds, and measures both.
 * @param dataset the one it was trained on.
 * @throws the reason of `signal`, where it is aborted on the way
 */
export async function examine(
  registry: AnyRegistry,
  dataset: Dataset,
  result: TrainResult,
  folder: string,
  signal: AbortSignal,
): Promise<RunReport> {
  const model = await loadModel(registry, modelFile(joinPath(folder, 'model')) as tf.io.IOHandler);
  const isDynamic = similarityLayers(model).some(({ similarity }) => similarity.source === 'predictor');
  const folded = isDynamic ? null : await saveFolded(model, joinPath(folder, 'folded'));
  const images = await testImages(dataset, result);
  try {
    const [inference = 0, foldedSpeed = null] = await imagesPerSecond(
      folded ? [model, folded] : [model],
      images,
      signal,
    );
    await breathe(signal);
    const { history, config } = result;
    return {
      result: {
        name: result.name,
        ...partsOf(model),
        testError: result.testError,
        parameters: countParameters(model),
        multiplyAdds: multiplyAdds(model),
        trainImagesPerSecond: result.trainImagesPerSecond,
        inferenceImagesPerSecond: inference,
        foldedImagesPerSecond: foldedSpeed,
        foldDifference: folded && (await logitDifference(model, folded, images)),
      },
      loss: history.steps.map(({ step, loss }) => [step, loss]),
      testError: history.evaluations.map(({ step, testError }) => [step, testError]),
      learned: await learnedBy(model, images, dataset),
      config,
    };
  } finally {
    images.dispose();
    folded?.dispose();
    disposeModel(model);
  }
}

async function testImages({ test }: Dataset, { config }: TrainResult): Promise<tf.Tensor4D> {
  const [first] = evaluationBatches(firstImages(test, IMAGES), IMAGES, config.normalize);
  const batch = await first;
  return tf.tensor4d(batch?.images ?? [], batch?.shape ?? [0, ...test.shape]);
}

async function learnedBy(model: LayersModel, images: tf.Tensor4D, dataset: Dataset): Promise<Learned> {
  const layers = await inspectSimilarity(model, images);
  const of = ({ layer, kernel, form }: LayerSimilarity) => ({
    layer,
    kernel,
    form: form === 'full' ? ('full' as const) : ('diagonal' as const),
  });
  return {
    matrices: layers.flatMap((each) => (each.matrix ? { ...of(each), values: each.matrix } : [])),
    shapes: layers.flatMap(({ layer, kernel, mask }) => (mask ? { layer, kernel, mask } : [])),
    dynamic: layers.flatMap((each) => (each.predicted ? { ...of(each), ...each.predicted } : [])),
    spread: layers.flatMap(({ predicted }) => predicted?.spread ?? []),
    sample: await sampleOf(model, images, dataset),
  };
}

/** The first test image: the one whose predicted M is kept. */
async function sampleOf(
  model: LayersModel,
  images: tf.Tensor4D,
  { test, classes }: Dataset,
): Promise<Sample> {
  const [height, width, channels] = test.shape;
  const winner = tf.tidy(() => tf.argMax(model.predict(tf.slice(images, 0, 1)) as tf.Tensor, 1));
  const [first] = await winner.data();
  winner.dispose();
  return {
    height,
    width,
    channels,
    pixels: [...(await readImages(test, [0]))],
    label: classes[test.labels[0] as number] as string,
    predicted: classes[first as number] as string,
  };
}

/** Names of what is not the plain choice; a network of plain convolutions has the plain ones. */
function partsOf(model: LayersModel): Pick<ResultRow, 'similarity' | 'shape' | 'predictor'> {
  const layers = similarityLayers(model);
  const named = (names: readonly (string | undefined)[], plain: string | null) =>
    [...new Set(names)].filter((name) => name !== undefined && name !== plain).join(' + ') || plain;
  return {
    similarity: named(
      layers.map((layer) => layer.similarity.name),
      'inner-product',
    ) as string,
    shape: named(
      layers.map((layer) => layer.shape.name),
      'full',
    ) as string,
    predictor: named(
      layers.map((layer) => layer.predictor?.name),
      null,
    ),
  };
}
