/** A run that trains a classifier on batches of images, and tests it on every test image. */
import {
  countParameters,
  describeWeights,
  engineAbilities,
  multiplyAdds,
  type StepInput,
} from '@neusim/core';
import { type Dataset, isMixing, resolveNormalize, stepsPerEpoch } from '@neusim/datasets';
import { disposeModel, splitPart } from '@neusim/models';
import * as platform from '@neusim/platform';
import type * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { checkDataset } from './check-split';
import { computeHere, computeInWorkers } from './compute';
import { parseConfig, type TrainConfig, type TrainConfigInput } from './config';
import type { TrainContext } from './context';
import { createLoader, type Loader } from './loader';
import type { Objective, Opener, Saved } from './objective';
import { chooseWorkers, type TrainWorkers } from './parallel/choose-workers';
import { chooseModel, currentBackend, openDataset } from './prepare';
import { otherWorkers, savedWorkers } from './resume-warnings';
import { seenClasses } from './seen-classes';
import { capturedSteps, eagerSteps, type Recordable } from './steps';
import { gradientsOf } from './training-step';
import { whenReady } from './when-ready';

/** @throws NeusimError CONFIG_INVALID with `data.path` of the bad key. */
export function classification(input: TrainConfigInput, context: TrainContext): Opener<TrainConfig> {
  const config = parseConfig(input);
  return { parse: parseConfig, curve, open: (saved) => open(config, context, saved) };
}

/**
 * What `workers` changes is told when a run is resumed. The length is one only where the schedule looks at it. A plug-in may
 * lie elsewhere now: what it gives the run has names of its own.
 */
function curve(config: TrainConfig): object {
  const { name, log, evaluation, checkpoint, workers, plugins, steps, ...rest } = config;
  return config.schedule.name === 'cosine' ? { ...rest, steps } : rest;
}

async function open(
  given: TrainConfig,
  context: TrainContext,
  saved: Saved<TrainConfig> | undefined,
): Promise<Objective<TrainConfig>> {
  const { registry, workers, capture = true } = context;
  const backend = currentBackend();
  const dataset = context.dataset ?? (await openDataset(given, context));
  // Whoever opens closes.
  const closeDataset = context.dataset ? async () => {} : async () => dataset.close?.();
  const dispose: (() => unknown)[] = [closeDataset];
  try {
    checkDataset(dataset);
    const chosen = await chooseModel(given, registry, dataset);
    const parsed = await withStatistics(given, saved, dataset, context);
    saved?.requireSame(parsed);

    const model = await whenReady(registry, () => chosen.build());
    dispose.unshift(() => disposeModel(model));
    const config = withWorkers(parsed, saved, workers, backend, model);
    const loader = createLoader(config, dataset);
    const trainable = describeWeights(model).filter((weight) => weight.trainable);
    const work = { config, model, dataset, loader };
    const compute =
      workers && config.workers !== 1
        ? await computeInWorkers(work, backend, workers)
        : computeHere(work, backend, trainable);
    dispose.unshift(() => compute.close());
    const { name, shape, classes, train, test } = dataset;
    return {
      config,
      name: config.name ?? splitPart(config.model).name,
      model,
      about: {
        workers: config.workers as number,
        dataset: { name, shape, classes, trainImages: train.count, testImages: test.count },
        stepsPerEpoch: stepsPerEpoch(train, config),
      },
      seen: [seenClasses(splitPart(config.dataset).name, context.folder, classes)],
      warnings: saved ? otherWorkers(saved, config) : [],
      classes: classes.length,
      images: () => config.batchSize,
      steps: (weights, optimizer) =>
        capture && compute.isHere && engineAbilities().capture
          ? capturedSteps(recordable({ config, model, loader }), weights, optimizer)
          : eagerSteps(compute.step, optimizer),
      waited: () => loader.lap(),
      tests: test.count,
      test: (signal) => compute.test(signal),
      async close() {
        await compute.close();
        await closeDataset();
      },
    };
  } catch (error) {
    for (const free of dispose) await free();
    throw error;
  }
}

interface Work {
  readonly config: TrainConfig;
  readonly model: LayersModel;
  readonly loader: Loader;
}

function recordable({ config, model, loader }: Work): Recordable {
  const trainable = describeWeights(model).filter((weight) => weight.trainable);
  const mixes = isMixing(config.augment);
  return {
    async inputs(step): Promise<StepInput[]> {
      const { images, labels, shape, mixed } = await loader.batch(step);
      const always = [
        { values: images, shape },
        { values: labels, shape: [labels.length] },
      ];
      // A recording is of one graph: a batch that is not mixed has its own labels twice.
      if (!mixes) return always;
      const { labels: second, share } = mixed ?? { labels, share: 1 };
      return [
        ...always,
        { values: second, shape: [second.length] },
        { values: Float32Array.of(share), shape: [1] },
      ];
    },
    compute([x, first, second, share]) {
      const labels = first as tf.Tensor1D;
      const mixed = mixes ? { labels: second as tf.Tensor1D, share: share as tf.Tensor1D } : undefined;
      return gradientsOf(model, trainable, x as tf.Tensor4D, { labels, mixed }, config.loss);
    },
  };
}

/** The config with the data set's mean and deviation in numbers, where it asks for them: the checkpoint's, or found. */
async function withStatistics(
  config: TrainConfig,
  saved: Saved<TrainConfig> | undefined,
  dataset: Dataset,
  { open, signal }: TrainContext,
): Promise<TrainConfig> {
  if (config.normalize !== 'dataset') return config;
  const before = saved?.config.normalize;
  // Another choice in the checkpoint is another run: told by comparing, without a look at the images.
  if (typeof before === 'string') return config;
  const normalize =
    before ?? (await resolveNormalize('dataset', dataset, { ...open, signal: open?.signal ?? signal }));
  return Object.freeze({ ...config, normalize });
}

/** The config with the number of workers: the checkpoint's, or as many as this machine and the model want. */
function withWorkers(
  config: TrainConfig,
  saved: Saved<TrainConfig> | undefined,
  workers: TrainWorkers | undefined,
  backend: string,
  model: LayersModel,
): TrainConfig {
  const cores = workers ? (workers.platform ?? platform).cores() : null;
  const before = saved && config.workers === 'auto' ? savedWorkers(saved.config) : undefined;
  const given = before === undefined || cores === null ? config : { ...config, workers: before };
  const cost = { multiplyAdds: multiplyAdds(model), parameters: countParameters(model) };
  return Object.freeze({ ...config, workers: chooseWorkers(given, cores, backend, cost) });
}
