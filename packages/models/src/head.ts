/** The end of a network: the last map becomes an embedding, and the embedding logits. */
import type { Similarity } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import { type LayersModel, layers, model as makeModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { convolution } from './convolution';

export interface Head {
  readonly pooling: 'flatten' | 'average';
  readonly head: 'linear' | 'none';
  readonly classes: number;
  readonly seed: number;
  /** Default true. */
  readonly useBias?: boolean;
  /** Default: the inner product. */
  readonly scoreSimilarity?: Similarity | undefined;
}

const EMBEDDING = 'embedding';

/**
 * From the last map [B,H,W,C] through the layer `embedding` [B,features] to logits [B,classes], which are linear; with the
 * head `none` the embedding.
 */
export function applyHead(
  x: SymbolicTensor,
  { pooling, head, classes, seed, useBias = true, scoreSimilarity }: Head,
): SymbolicTensor {
  const reduce =
    pooling === 'average'
      ? layers.globalAveragePooling2d({ name: EMBEDDING, dataFormat: 'channelsLast' })
      : layers.flatten({ name: EMBEDDING });
  const embedding = reduce.apply(x) as SymbolicTensor;
  if (head === 'none') return embedding;
  // A convolution of one pixel: as a dense layer of tfjs, but differentiable to any order on every engine.
  const pixel = layers
    .reshape({ name: 'score_input', targetShape: [1, 1, embedding.shape[1] as number] })
    .apply(embedding) as SymbolicTensor;
  const score = convolution(pixel, {
    name: 'score',
    filters: classes,
    kernelSize: [1, 1],
    padding: 'valid',
    useBias,
    seed,
    similarity: scoreSimilarity,
  });
  return layers.flatten({ name: 'logits' }).apply(score) as SymbolicTensor;
}

/**
 * The part of a network before its head, from images to embeddings [B,features]. It shares layers and weights with the
 * network: dispose of one of the two.
 * @throws NeusimError MODEL_NO_EMBEDDING where no layer is called `embedding`.
 */
export function embeddingOf(model: LayersModel): LayersModel {
  const layer = model.layers.find(({ name }) => name === EMBEDDING);
  if (layer) return makeModel({ name: model.name, inputs: model.inputs, outputs: layer.output });
  throw new NeusimError('MODEL_NO_EMBEDDING', `${model.name} has no layer called '${EMBEDDING}'`, {
    data: { model: model.name, layers: model.layers.map(({ name }) => name) },
    hint: 'All networks of @neusim/models have one but cnn-cifar, nsn-cifar, cnn-digits and nsn-digits.',
  });
}
