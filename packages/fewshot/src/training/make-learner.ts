/** From a config's names to a learner that fits the data set. */
import { describeWeights } from '@neusim/core';
import { type FewShotDataset, inputShapeOf, isFeaturePool } from '@neusim/datasets';
import { disposeModel, inPath, splitPart } from '@neusim/models';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import { type TrainFiles, whenReady } from '@neusim/train';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { makeBackbone } from '../backbones/make-backbone';
import type { FewShotMethod, Learner } from '../types';
import type { FewShotConfig } from './config';
import type { LearnerRecipe } from './learner-recipe';

/** A config that leaves nothing to its data set. */
export type SettledConfig = FewShotConfig & {
  readonly classes: number;
  readonly inputShape: readonly number[];
};

/** What a learner asks of its data set. */
export type TrainedOn = Pick<FewShotDataset, 'train' | 'shape'> & Partial<Pick<FewShotDataset, 'name'>>;

/** A learner, and what it is made of. */
export interface MadeLearner {
  readonly learner: Learner;
  /** The backbone: its layers and weights are the learner's. */
  readonly backbone: LayersModel;
  /** What a worker makes the same learner of. */
  readonly recipe: LearnerRecipe;
}

/**
 * What a config leaves to its data set.
 * @throws NeusimError CONFIG_INVALID where it says otherwise; DATASET_BAD_TRANSFORM, DATASET_BAD_AUGMENT
 */
export function fromDataset(
  config: FewShotConfig,
  { train, shape, name = 'the data set' }: TrainedOn,
): Pick<SettledConfig, 'classes' | 'inputShape'> {
  const { transform, augment } = config;
  const found = {
    classes: train.classes.length,
    inputShape: isFeaturePool(train)
      ? [shape[0] * shape[1] * shape[2]]
      : [...inputShapeOf(shape, transform, augment)],
  };
  for (const key of ['classes', 'inputShape'] as const) {
    const [met, wanted] = [config[key], found[key]];
    if (met !== undefined && String(met) !== String(wanted))
      throw new NeusimError('CONFIG_INVALID', `${key} is ${met}, but that of ${name} is ${wanted}`, {
        data: { path: key, met, wanted },
        hint: `Leave ${key} out.`,
      });
  }
  return found;
}

/** The config's method. @throws NeusimError REGISTRY_UNKNOWN_NAME, CONFIG_INVALID with `data.path` under `method` */
export function makeMethod(
  { method }: Pick<FewShotConfig, 'method'>,
  registry: AnyRegistry,
): Promise<FewShotMethod> {
  const { name, options } = splitPart(method);
  const make = () => inPath('method', () => registry.make('method', name, options) as FewShotMethod);
  return whenReady(registry, make);
}

/**
 * The config's method on its backbone; the weights are those of the start. Dispose of `learner.model` (`disposeModel`).
 * @param dataset what it is trained on, or for.
 * @throws NeusimError FEWSHOT_BACKBONE where method, backbone and data set do not fit each other, what `makeBackbone`
 *   throws, REGISTRY_UNKNOWN_NAME, CONFIG_INVALID with `data.path`
 */
export async function makeLearner(
  config: FewShotConfig,
  registry: AnyRegistry,
  dataset: TrainedOn,
  files?: TrainFiles,
): Promise<MadeLearner> {
  return buildSettled({ ...config, ...fromDataset(config, dataset) }, registry, files);
}

/** The same of a config that has all of it. */
export async function buildSettled(
  config: SettledConfig,
  registry: AnyRegistry,
  files?: TrainFiles,
): Promise<MadeLearner> {
  const { classes, inputShape: shape, seed, episodes } = config;
  const method = await makeMethod(config, registry);
  const backbone = await makeBackbone(config.backbone, { registry, shape, seed, files });
  const recipe: LearnerRecipe = {
    method: { name: method.name, options: method.options },
    backbone: backbone.toJSON(null, false) as object,
    classes,
    way: episodes.way,
    seed,
  };
  let mine = backbone;
  try {
    const learner = method.build({ backbone, classes, way: episodes.way, seed });
    mine = learner.model;
    requireWeights(config, method, learner);
    return { learner, backbone, recipe };
  } catch (error) {
    disposeModel(mine);
    throw error;
  }
}

/** @throws NeusimError FEWSHOT_NO_WEIGHTS where there is nothing that steps could change. */
function requireWeights(
  { steps, backbone }: FewShotConfig,
  { name }: FewShotMethod,
  { model, training }: Learner,
): void {
  if (steps === 0 || training.by === 'nothing') return;
  if (describeWeights(model).some(({ trainable }) => trainable)) return;
  throw new NeusimError('FEWSHOT_NO_WEIGHTS', `${name} on this backbone has no weights to train`, {
    data: { method: name, backbone, steps },
    hint: 'Use a backbone that has weights, or set steps to 0 to test it as it is.',
  });
}
