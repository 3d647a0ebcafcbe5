// The image that an inspection looks at: the user's, or the first test image of the run's data set.

import { type Dataset, readImages, transformImages } from '@neusim/datasets';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import type { InspectionWords } from '@neusim/report';
import { type TrainConfig, testImages } from '@neusim/train';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Terminal } from '../terminal/terminal';
import { readImageFile } from './image-file';
import { openData, withStatistics } from './open-data';
import { requireFit } from './open-model';

/** Test images over which the spread of M is taken. */
const LOOKED_AT = 8;

export interface Sampled {
  /** [B,height,width,channels], normalised; the caller disposes. */
  readonly images: tf.Tensor4D;
  readonly sample: NonNullable<InspectionWords['sample']>;
}

/** An image file. @throws NeusimError what `readImageFile` throws, DATASET_BAD_NORMALIZE */
export async function sampleFile(model: LayersModel, path: string, config: TrainConfig): Promise<Sampled> {
  const { pixels, shape } = await readImageFile(path, (model.inputs[0]?.shape ?? []).slice(1), config);
  const test = { count: 1, shape, images: pixels, labels: Int32Array.of(0) };
  // It is of its size already.
  const images = await testImages({ test }, { ...config, transform: {} }, 1);
  const predicted = await winner(model, images);
  return { images, sample: { shape, pixels, from: path, label: null, predicted: `class ${predicted}` } };
}

/** The first test image. @throws NeusimError CLI_MODEL_MISMATCH, and what reading the data throws */
export async function sampleOf(
  model: LayersModel,
  dataset: Dataset,
  { transform, normalize }: Pick<TrainConfig, 'transform' | 'normalize'>,
): Promise<Sampled> {
  requireFit(model, dataset, transform);
  const { test, classes } = dataset;
  const images = await testImages(dataset, { transform, normalize }, Math.min(LOOKED_AT, test.count));
  const predicted = await winner(model, images);
  const seen = transformImages(await readImages(test, [0]), test.shape, transform);
  return {
    images,
    sample: {
      shape: seen.shape,
      pixels: seen.images.slice(),
      from: test.nameOf?.(0) ?? `the first test image of ${dataset.name}`,
      label: classes[test.labels[0] as number] ?? null,
      predicted: classes[predicted] as string,
    },
  };
}

export interface SampleWish {
  readonly registry: AnyRegistry;
  readonly config: TrainConfig;
  /** Folder of the data set. */
  readonly folder: string | undefined;
  /** Whether the user named the data: what it lacks is then an error. */
  readonly isNamed: boolean;
}

/** The data set's, opened and closed again; a text where it cannot be opened: why. */
export async function sampleFromData(
  terminal: Terminal,
  model: LayersModel,
  { registry, config, folder, isNamed }: SampleWish,
): Promise<Sampled | string> {
  let dataset: Dataset | undefined;
  try {
    dataset = await openData(terminal, config, { registry, folder });
    return await sampleOf(model, dataset, await withStatistics(terminal, config, dataset));
  } catch (error) {
    if (isNamed || !(error instanceof NeusimError)) throw error;
    return error.message;
  } finally {
    await dataset?.close?.();
  }
}

async function winner(model: LayersModel, images: tf.Tensor4D): Promise<number> {
  const found = tf.tidy(() => tf.argMax(model.predict(tf.slice(images, 0, 1)) as tf.Tensor, 1));
  const [predicted = 0] = await found.data();
  found.dispose();
  return predicted;
}
