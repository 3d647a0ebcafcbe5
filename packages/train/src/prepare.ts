/** From a config's names to a data set and a network that fit each other. */
import { backendOptions } from '@neusim/core';
import { type Dataset, type DatasetSource, inputShapeOf } from '@neusim/datasets';
import { inPath, type Model, splitPart } from '@neusim/models';
import * as platform from '@neusim/platform';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainConfig } from './config';
import type { TrainContext } from './context';
import { whenReady } from './when-ready';

/**
 * Reads the data set that a config names.
 * @param context `registry` knows it, `folder` has its files (which ones, is the data set's to say), `files` reads
 *   them (default `@neusim/platform`), `open` says how.
 * @throws NeusimError REGISTRY_UNKNOWN_NAME, CONFIG_INVALID with `data.path` under `dataset`, and for its files what
 *   `DatasetSource.open` of `@neusim/datasets` throws.
 */
export async function openDataset(
  { dataset }: Pick<TrainConfig, 'dataset'>,
  { registry, folder, files = platform, open }: Pick<TrainContext, 'registry' | 'folder' | 'files' | 'open'>,
): Promise<Dataset> {
  const { name, options } = splitPart(dataset);
  const make = () => inPath('dataset', () => registry.make('dataset', name, options) as DatasetSource);
  return (await whenReady(registry, make)).open({ ...platform, ...files }, folder, open);
}

/**
 * The config's model for a data set: shape, classes and seed are the data set's and the run's where it says none.
 * @throws NeusimError CONFIG_INVALID with the path of a bad option, or of one that contradicts the data set;
 *   DATASET_BAD_TRANSFORM and DATASET_BAD_AUGMENT for what its images cannot have.
 */
export async function chooseModel(
  { model, seed, transform, augment }: TrainConfig,
  registry: AnyRegistry,
  { shape: stored, classes, name: datasetName }: Dataset,
): Promise<Model> {
  const { name, options } = splitPart(model);
  const shape = inputShapeOf(stored, transform, augment);
  const given = { inputShape: [...shape], classes: classes.length, seed, ...options };
  const make = () => inPath('model', () => registry.make('model', name, given) as Model);
  const made = await whenReady(registry, make);
  const fits = [
    ['inputShape', made.inputShape, shape],
    ['classes', made.classes, classes.length],
  ] as const;
  for (const [key, met, wanted] of fits)
    if (String(met) !== String(wanted))
      throw new NeusimError('CONFIG_INVALID', `model.${key} is ${met}, but ${datasetName} has ${wanted}`, {
        data: { path: `model.${key}`, met, wanted },
        hint:
          key === 'classes' && made.classes === 0
            ? "A network with head: 'none' has no classes to train: give it another head."
            : `Leave model.${key} out.`,
      });
  return made;
}

/** @throws NeusimError TRAIN_NO_BACKEND */
export function currentBackend(): string {
  const name = tf.getBackend();
  if (name) return name;
  throw new NeusimError('TRAIN_NO_BACKEND', 'no engine is started', {
    hint: "await startBackend(registry, 'auto') first.",
  });
}

/** The engine as a run remembers it: its name, and the options that change its results. */
export function engineLabel(name: string): string {
  const options = Object.entries(backendOptions(name) ?? {});
  return options.length > 0 ? `${name} (${options.map((option) => option.join(' ')).join(', ')})` : name;
}
