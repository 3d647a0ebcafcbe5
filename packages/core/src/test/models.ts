/** Small models for the tests of folding, loading and counting. */
import { randomUniform, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {
  describeWeights,
  NeuralSimilarityConv2D,
  type NeuralSimilarityConv2DArgs,
  type Similarity,
} from '../index';

export const conv = (similarity: Similarity, more: Partial<NeuralSimilarityConv2DArgs> = {}) =>
  new NeuralSimilarityConv2D({
    filters: 4,
    kernelSize: [3, 2],
    padding: 'same',
    useBias: false,
    similarity,
    ...more,
  } as NeuralSimilarityConv2DArgs);

export const apply = (layer: tfl.layers.Layer, ...xs: tfl.SymbolicTensor[]) =>
  layer.apply(xs.length === 1 ? (xs[0] as tfl.SymbolicTensor) : xs) as tfl.SymbolicTensor;

/** Weights and running statistics away from their starts. */
export function shake(model: tfl.LayersModel): void {
  for (const [i, { variable }] of describeWeights(model).entries()) {
    const noise = toTensor(randomUniform(variable.shape as number[], i + 1));
    variable.write(tf.abs(tf.add(tf.mul(noise, 0.3), variable.read())));
  }
}

export const image = () => toTensor(randomUniform([3, 8, 7, 2], 5));

export function sameOutputs(a: tfl.LayersModel, b: tfl.LayersModel): number {
  const [ya, yb] = [a.predict(image()) as tf.Tensor, b.predict(image()) as tf.Tensor];
  return tf.div(tf.max(tf.abs(tf.sub(ya, yb))), tf.max(tf.abs(ya))).dataSync()[0] as number;
}

/** What `model.save` hands to a handler. */
export async function savedArtifacts(model: tfl.LayersModel): Promise<tf.io.ModelArtifacts> {
  return new Promise((resolve, reject) => {
    const handler = tf.io.withSaveHandler(async (artifacts) => {
      resolve(artifacts);
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    });
    model.save(handler).catch(reject);
  });
}
