/** A run that trains a few-shot learner, and tests it on episodes of classes that it has not seen. */
import { engineAbilities } from '@neusim/core';
import { type FewShotDataset, isFeaturePool, isInMemory, type Split } from '@neusim/datasets';
import { disposeModel, splitPart } from '@neusim/models';
import { NeusimError } from '@neusim/registry';
import {
  capturedSteps,
  eagerSteps,
  loadAhead,
  type Objective,
  type Opener,
  type Recordable,
  type Saved,
  type SeenClasses,
} from '@neusim/train';
import { evaluateEpisodes } from '../evaluation/evaluate-episodes';
import type { ClassBatch, Learner } from '../types';
import { baseBatches, baseImages } from './base-images';
import { type FewShotConfig, type FewShotConfigInput, parseFewShotConfig } from './config';
import type { FewShotContext } from './context';
import { following } from './following';
import { type LearnerSteps, learnerSteps, type StepInputs } from './learner-steps';
import { buildSettled, type MadeLearner, makeMethod, type SettledConfig } from './make-learner';
import { openFewShotDataset } from './open-dataset';
import { seenBy } from './seen-by';
import { requireFitting, settleConfig } from './settle-config';

/**
 * @param onLearner told the learner before the run begins.
 * @throws NeusimError CONFIG_INVALID with `data.path` of the bad key.
 */
export function fewShotLearning(
  input: FewShotConfigInput,
  context: FewShotContext,
  onLearner: (learner: Learner) => void,
): Opener<FewShotConfig> {
  const config = parseFewShotConfig(input);
  return { parse: parseFewShotConfig, curve, open: (saved) => open(config, context, saved, onLearner) };
}

/** The episodes that are tested choose the weights that are kept: they are a part of it, but for what speed depends on. */
function curve(config: FewShotConfig): object {
  const { name, log, checkpoint, plugins, steps, stop, evaluation, ...rest } = config;
  const { batchSize, ...tested } = evaluation;
  const all = { ...rest, evaluation: tested };
  return config.schedule.name === 'cosine' ? { ...all, steps } : all;
}

async function open(
  given: FewShotConfig,
  context: FewShotContext,
  saved: Saved<FewShotConfig> | undefined,
  onLearner: (learner: Learner) => void,
): Promise<Objective<FewShotConfig>> {
  const { registry, files } = context;
  const method = await makeMethod(given, registry);
  const dataset = context.dataset ?? (await openFewShotDataset(given, context));
  // Whoever opens closes.
  const closeDataset = context.dataset ? async () => {} : async () => dataset.close?.();
  try {
    const config = await settleConfig(given, method, dataset, saved, context);
    requireFitting(config, method, dataset, context);
    saved?.requireSame(config);
    const made = await buildSettled(config, registry, files);
    try {
      if (saved) requireSameLength(config, saved, made.learner);
      onLearner(made.learner);
      const seen = await seenBy(config, dataset, context);
      return objectiveOf(config, made, dataset, seen, context, closeDataset);
    } catch (error) {
      disposeModel(made.learner.model);
      throw error;
    }
  } catch (error) {
    await closeDataset();
    throw error;
  }
}

/** @throws NeusimError CHECKPOINT_MISMATCH for another number of steps, where it says which steps are on base classes. */
function requireSameLength(
  { steps }: FewShotConfig,
  { config: saved }: Saved<FewShotConfig>,
  { training }: Learner,
): void {
  if (training.by !== 'episodes' || !training.auxiliary || steps === saved.steps) return;
  throw new NeusimError(
    'CHECKPOINT_MISMATCH',
    `steps is ${steps} here, and ${saved.steps} in the checkpoint`,
    {
      data: { path: 'steps', here: steps, there: saved.steps },
      hint: 'Which steps are on base classes depends on the number of steps: resume with the same, or start a new run.',
    },
  );
}

type StepLoader = ReturnType<typeof loadAhead<StepInputs>>;

function objectiveOf(
  config: SettledConfig,
  { learner, backbone, recipe }: MadeLearner,
  dataset: FewShotDataset,
  seen: readonly SeenClasses[],
  { capture = true, pool: workers }: FewShotContext,
  close: () => Promise<void>,
): Objective<FewShotConfig> {
  const { episodes, evaluation, transform, normalize } = config;
  const { train } = dataset;
  const { by } = learner.training;
  const tested = dataset[evaluation.pool];
  const own = learnerSteps(config, learner, train);
  const isRead = !isFeaturePool(train) && !isInMemory(train as Split);
  const loader: StepLoader = loadAhead<StepInputs>({ steps: config.steps, isRead, read: own.read });
  const prepare = (signal: AbortSignal | undefined) =>
    following<number, void>(async (tell, stop) => {
      if (config.steps === 0)
        await learner.fitBase?.(baseBatches(train, config, stop, tell), { signal: stop });
      await learner.prepare?.(baseImages(train, config, stop, tell));
    }, signal);
  const { every: _, pool: __, ...options } = evaluation;
  return {
    config,
    name: config.name ?? `${recipe.method.name} ${backboneName(config)}`,
    model: learner.model,
    network: backbone,
    about: {
      workers: 1,
      dataset: {
        name: dataset.name,
        shape: dataset.shape,
        classes: train.classes,
        trainImages: train.count,
        testImages: tested.count,
      },
      stepsPerEpoch: Math.max(1, Math.floor(train.count / own.images(0))),
    },
    seen,
    warnings: [],
    classes: by === 'classes' ? config.classes : episodes.way,
    keepBest: config.stop,
    images: own.images,
    steps(weights, optimizer) {
      // Episodes run op by op: what a loss does may differ from step to step, and auxiliary steps do.
      if (by === 'classes' && capture && engineAbilities().capture)
        return capturedSteps(recordable(loader, own), weights, optimizer);
      return eagerSteps(async (step) => own.compute(await loader.batch(step)), optimizer);
    },
    waited: () => loader.lap(),
    tests: evaluation.episodes,
    async *test(signal) {
      // What is trained has an estimate meanwhile.
      if (config.steps === 0) for await (const _ of prepare(signal)) yield 0;
      const found = yield* following<number, Awaited<ReturnType<typeof evaluateEpisodes>>>((tell, stop) => {
        const shares = { embedding: 0, episodes: 0 };
        return evaluateEpisodes(learner, tested, {
          ...options,
          transform,
          normalize,
          workers: workers && { pool: workers, recipe },
          signal: stop,
          onProgress({ phase, done, total }) {
            shares[phase] = done / total;
            const whole = learner.embed ? (shares.embedding + shares.episodes) / 2 : shares.episodes;
            tell(Math.floor(whole * evaluation.episodes));
          },
        });
      }, signal);
      return { error: 100 - found.accuracy, interval: found.interval, top5Error: null, loss: found.loss };
    },
    ...(learner.prepare && config.steps > 0 && { settle: prepare }),
    close,
  };
}

const backboneName = ({ backbone }: FewShotConfig) =>
  typeof backbone === 'string' || 'name' in backbone ? splitPart(backbone as never).name : 'of a file';

/** Of steps that are all on base classes. */
function recordable(loader: StepLoader, { computeBatch }: LearnerSteps): Recordable {
  return {
    async inputs(step) {
      const { batch } = (await loader.batch(step)) as Extract<StepInputs, { by: 'classes' }>;
      const { values, shape, labels } = batch;
      return [
        { values, shape },
        { values: labels, shape: [labels.length] },
      ];
    },
    compute: ([x, labels]) => computeBatch({ x, labels } as ClassBatch),
  };
}
