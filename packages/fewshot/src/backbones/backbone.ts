/** What methods read off a backbone: embeddings [n,features], or the map that they are made of. */
import { describeWeights } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, model as makeModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Task } from '../types';

/** The layer of @neusim/models that makes an embedding of the last map. */
export const EMBEDDING = 'embedding';

/**
 * Number of values of one embedding; those of a map are counted all.
 * @throws NeusimError FEWSHOT_BACKBONE for a network of several inputs or outputs, or of an open size.
 */
export function embeddingSize(backbone: LayersModel): number {
  return product(outputOf(backbone));
}

/** [H,W,C] of one image, null where the backbone takes any size. */
export const imageShape = ({ inputs }: LayersModel) => inputs[0]!.shape.slice(1);

/** Number of values of one image. @throws NeusimError FEWSHOT_BACKBONE as `embeddingSize`. */
export function imageSize(backbone: LayersModel): number {
  return product(sizesOf(backbone, 'takes', backbone.inputs));
}

const product = (sizes: readonly number[]) => sizes.reduce((all, size) => all * size, 1);

/** [h,w,c] of what `mapOf` gives. @throws NeusimError FEWSHOT_BACKBONE for a backbone without a map of known size. */
export function mapShape(maps: LayersModel): [number, number, number] {
  const sizes = outputOf(maps);
  if (sizes.length !== 3)
    throw refused(maps, `gives [n,${sizes}], no map [n,h,w,c]`, 'Use mapOf(backbone), which looks for one.');
  return sizes as [number, number, number];
}

/** Embeddings [n,features] of images [n,H,W,C]; a map is flattened. Differentiable. */
export function embeddings(backbone: LayersModel, images: tf.Tensor, training = false): tf.Tensor2D {
  return tf.tidy(() => {
    const y = backbone.apply(images, { training }) as tf.Tensor;
    return tf.reshape(y, [images.shape[0] as number, embeddingSize(backbone)]);
  });
}

/** What `embed` makes of a task's images, all at once: batch norm then sees support and query together, as in training of Snell et al. 2017. */
export function embedTask<T extends tf.Tensor>(
  { support, query }: Task,
  embed: (images: tf.Tensor) => T,
): { support: T; query: T } {
  return tf.tidy(() => {
    const [examples, questions] = [support.labels.length, query.labels.length];
    const made = embed(tf.concat([support.x, query.x]));
    const [ofSupport, ofQuery] = tf.split(made, [examples, questions]) as [T, T];
    return { support: ofSupport, query: ofQuery };
  });
}

/**
 * The backbone up to its last map [n,h,w,c]: itself, where it gives one, or up to the input of its layer `embedding`. It
 * shares the backbone's layers and weights: dispose of one of the two.
 * @throws NeusimError FEWSHOT_BACKBONE where there is no map, or weights come after it.
 */
export function mapOf(backbone: LayersModel): LayersModel {
  if (outputOf(backbone).length === 3) return backbone;
  const layer = backbone.layers.find(({ name }) => name === EMBEDDING);
  const map = layer?.input;
  if (!map || Array.isArray(map) || map.shape.length !== 4)
    throw refused(
      backbone,
      `has no map: it gives [n,${outputOf(backbone)}], and no layer '${EMBEDDING}' made of one`,
      'Give a backbone whose output is a map [n,h,w,c], or one of @neusim/models.',
    );
  const maps = makeModel({ name: backbone.name, inputs: backbone.inputs, outputs: map });
  const kept = new Set(describeWeights(maps).map(({ name }) => name));
  const beyond = describeWeights(backbone).find(({ name }) => !kept.has(name));
  if (beyond)
    throw refused(backbone, `has weights after its map: ${beyond.name}`, "Build it with head: 'none'.");
  return maps;
}

/** The sizes of one image's output. */
function outputOf(network: LayersModel): number[] {
  const { inputs, outputs } = network;
  if (inputs.length !== 1 || outputs.length !== 1)
    throw refused(
      network,
      `has ${inputs.length} inputs and ${outputs.length} outputs`,
      'A backbone has one of each.',
    );
  return sizesOf(network, 'gives', outputs);
}

function sizesOf(network: LayersModel, verb: string, [tensor]: readonly SymbolicTensor[]): number[] {
  const sizes = tensor!.shape.slice(1);
  if (sizes.length === 0 || sizes.some((size) => size === null))
    throw refused(
      network,
      `${verb} [n,${sizes.map((size) => size ?? '?')}]`,
      "Fix the input's height and width.",
    );
  return sizes as number[];
}

function refused(network: LayersModel, what: string, hint: string): NeusimError {
  return new NeusimError('FEWSHOT_BACKBONE', `the backbone ${network.name} ${what}`, {
    data: {
      backbone: network.name,
      inputs: network.inputs.map(({ shape }) => shape),
      outputs: network.outputs.map(({ shape }) => shape),
    },
    hint,
  });
}
