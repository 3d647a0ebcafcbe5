/** What a trained network learned besides kernels, with the image that shows it: plain values, to save or to post. */
import {
  type Dataset,
  evaluationBatches,
  firstImages,
  readImages,
  type Transform,
  transformImages,
} from '@neusim/datasets';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { TrainConfig } from './config';
import { inspectSimilarity, type LayerSimilarity } from './inspect-similarity';

export interface LearnedParts {
  /** The similarity layers that are no plain convolutions. */
  readonly layers: readonly LayerSimilarity[];
  /** The first test image as the network sees it, for which M is predicted, and what the network makes of it. */
  readonly sample: {
    readonly shape: readonly [height: number, width: number, channels: number];
    /** [height, width, channels], 0..255. */
    readonly pixels: Uint8Array;
    /** Names of classes. */
    readonly label: string;
    readonly predicted: string;
  };
}

/** The first `count` test images as the network sees them: [B, height, width, channels]. The caller disposes. */
export async function testImages(
  { test }: Pick<Dataset, 'test'>,
  { transform, normalize }: Pick<TrainConfig, 'transform' | 'normalize'>,
  count: number,
): Promise<tf.Tensor4D> {
  const [first] = evaluationBatches(firstImages(test, count), count, normalize, transform);
  const batch = await first;
  return tf.tensor4d(batch?.images ?? [], batch?.shape ?? [0, ...test.shape]);
}

/**
 * @param images of `testImages`: M is predicted for the first, its spread is over all.
 * @param transform of the config
 */
export async function learnedParts(
  model: LayersModel,
  { test, classes }: Pick<Dataset, 'test' | 'classes'>,
  images: tf.Tensor4D,
  transform?: Transform,
): Promise<LearnedParts> {
  const layers = await inspectSimilarity(model, images);
  const winner = tf.tidy(() => tf.argMax(model.predict(tf.slice(images, 0, 1)) as tf.Tensor, 1));
  const [predicted] = await winner.data();
  winner.dispose();
  const seen = transformImages(await readImages(test, [0]), test.shape, transform);
  const sample = {
    shape: seen.shape,
    pixels: seen.images.slice(),
    label: classes[test.labels[0] as number] as string,
    predicted: classes[predicted as number] as string,
  };
  return { layers, sample };
}
