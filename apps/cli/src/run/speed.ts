// Images a second of forward passes. Models are timed in turn, so that what else the machine does falls on all.

import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { breathe } from './measure';

const ROUNDS = 5;
const LEAST_SECONDS = 0.05;

/** The median over rounds, for each model; one pass of each warms up first. Throws the reason of an aborted `signal`. */
export async function imagesPerSecond(
  models: readonly LayersModel[],
  images: tf.Tensor4D,
  signal: AbortSignal,
): Promise<number[]> {
  for (const model of models) await pass(model, images);
  const rates: number[][] = models.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, model] of models.entries()) {
      await breathe(signal);
      const started = performance.now();
      let passes = 0;
      while (passes === 0 || performance.now() - started < LEAST_SECONDS * 1000) {
        await pass(model, images);
        passes++;
      }
      rates[index]?.push((1000 * passes * images.shape[0]) / (performance.now() - started));
    }
  }
  return rates.map((each) => each.sort((a, b) => a - b)[ROUNDS >> 1] as number);
}

async function pass(model: LayersModel, images: tf.Tensor4D): Promise<void> {
  const output = tf.tidy(() => model.predict(images)) as tf.Tensor;
  await output.data();
  output.dispose();
}
