// What is to be said of a trained network, all from the model as it was saved: the row of the results, what it learned
// and what it gets wrong. Runs that were trained at the same time are examined one after another, so that their speeds
// compare.

import {
  countParameters,
  isFoldable,
  isOperatorLayer,
  leafLayers,
  loadModel,
  multiplyAdds,
} from '@neusim/core';
import type { Dataset } from '@neusim/datasets';
import { disposeModel } from '@neusim/models';
import { joinPath, modelFile } from '@neusim/platform';
import type { AnyRegistry } from '@neusim/registry';
import { learnedOf, type ResultRow, type RunReport } from '@neusim/report';
import { learnedParts, similarityLayers, type TrainResult, testImages } from '@neusim/train';
import type * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { createProgress } from '../terminal/progress';
import type { Terminal } from '../terminal/terminal';
import { evaluateSplit, reportOn } from './evaluate-split';
import { logitDifference, saveFolded } from './fold';
import { breathe } from './measure';
import { notesOf } from './notes';
import { imagesPerSecond } from './speed';

const IMAGES = 64;

export interface Examination {
  readonly terminal: Terminal;
  readonly registry: AnyRegistry;
  /** Modules of the plug-ins in it besides ours. */
  readonly plugins: readonly string[];
  /** The one it was trained on. */
  readonly dataset: Dataset;
  readonly signal: AbortSignal;
}

/**
 * Loads the model in `folder`, saves it folded beside itself where it folds, measures both, and tests it once more.
 * @throws the reason of the signal, where it is aborted on the way
 */
export async function examine(
  { terminal, registry, plugins, dataset, signal }: Examination,
  result: TrainResult,
  folder: string,
): Promise<RunReport> {
  const { history, config, name } = result;
  terminal.err(`Measuring ${name}: its speed, and what it learned, on ${IMAGES} test images …`);
  await breathe(signal);
  const model = await loadModel(registry, modelFile(joinPath(folder, 'model')) as tf.io.IOHandler);
  const folded = isFoldable(model) ? await saveFolded(model, joinPath(folder, 'folded')) : null;
  const images = await testImages(dataset, config, IMAGES);
  const progress = createProgress(terminal, [name]);
  try {
    const [inference = 0, foldedSpeed = null] = await imagesPerSecond(
      folded ? [model, folded] : [model],
      images,
      signal,
    );
    await breathe(signal);
    const learned = learnedOf(await learnedParts(model, dataset, images, config.transform));
    const foldDifference = folded && (await logitDifference(model, folded, images));
    const pass = { dataset, split: 'test' } as const;
    const workers = config.workers === 'auto' ? undefined : config.workers;
    const onProgress = (step: number, steps: number) =>
      progress.update(name, {
        step,
        steps,
        text: 'test images: classes and mistakes',
        isLast: step === steps,
      });
    const evaluation = await reportOn(
      await evaluateSplit(model, { ...pass, config, workers, plugins, signal, onProgress }),
      pass,
    );
    return {
      result: {
        name,
        seed: config.seed,
        ...partsOf(model),
        testError: result.testError,
        top5Error: evaluation.top5Error,
        testLoss: evaluation.loss,
        parameters: countParameters(model),
        multiplyAdds: multiplyAdds(model),
        trainImagesPerSecond: result.trainImagesPerSecond,
        inferenceImagesPerSecond: inference,
        foldedImagesPerSecond: foldedSpeed,
        foldDifference,
      },
      loss: history.steps.map(({ step, loss }) => [step, loss]),
      testError: history.evaluations.map(({ step, testError }) => [step, testError]),
      learningRate: history.steps.map(({ step, learningRate }) => [step, learningRate]),
      notes: await notesOf(folder),
      evaluation,
      learned,
      config,
    };
  } finally {
    progress.stop();
    images.dispose();
    folded?.dispose();
    disposeModel(model);
  }
}

/**
 * Names of what is not the plain choice; a network of plain convolutions has the plain ones. An operator stands for a
 * similarity, in whose place it is.
 */
function partsOf(model: LayersModel): Pick<ResultRow, 'similarity' | 'shape' | 'predictor'> {
  const layers = similarityLayers(model);
  const operators = leafLayers(model)
    .filter(isOperatorLayer)
    .map(({ operator }) => operator.name);
  const named = (names: readonly (string | undefined)[], plain: string | null) =>
    [...new Set(names)].filter((name) => name !== undefined && name !== plain).join(' + ') || plain;
  return {
    similarity: named(
      [...layers.map((layer) => layer.similarity.name), ...operators],
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
