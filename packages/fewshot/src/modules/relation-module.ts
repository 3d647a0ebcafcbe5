/**
 * The relation module (Sung et al. 2018, figure 2): of a class's map and a query's, one above the other, a number between 0 and
 * 1 that says how much they belong together. Two blocks of 3×3 convolution, batch norm, ReLU and 2×2 max-pool, then 8
 * rectified values, then one through a sigmoid.
 *
 * The first convolution is linear: what it makes of two maps is what it makes of each, added. So each map is convolved once,
 * and not once for every pair. A pool is left out where the map has shrunk to one row or column.
 */
import { BatchNorm, innerProduct, neuralSimilarity, type WeightInit, weightSeed } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import {
  initializers,
  input,
  type LayersModel,
  layers,
  model as makeModel,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';

export interface RelationOptions {
  /** Filters of both convolutions; 64 in the paper. */
  readonly filters: number;
  /** Rectified values before the last; 8 in the paper. */
  readonly hidden: number;
  /** Decay of the running statistics, in [0, 1). */
  readonly normDecay: number;
}

export interface RelationModule {
  /** Their layers begin with `relation`. */
  readonly models: readonly LayersModel[];
  /** Relation scores [n,way] of query maps [n,h,w,c] and class maps [way,h,w,c]. */
  score(query: tf.Tensor4D, classes: tf.Tensor4D, training?: boolean): tf.Tensor2D;
}

type MapShape = readonly [number, number, number];

/** @param shape [h,w,c] of one map. */
export function relationModule(shape: MapShape, options: RelationOptions, seed: number): RelationModule {
  const { filters } = options;
  const [height, width, channels] = shape;
  const first = (half: string) => {
    const x = input({ name: `relation_${half}`, shape: [...shape] });
    const y = convolution(x, `relation_conv1_${half}`, filters, 3, 2 * 9 * channels, seed);
    return makeModel({ name: `relation_${half}`, inputs: x, outputs: y });
  };
  const [ofClass, ofQuery] = [first('class'), first('query')];
  const rest = scoring([height, width, filters], options, seed);
  return {
    models: [ofClass, ofQuery, rest],
    score: (query, classes, training = false) =>
      tf.tidy(() => {
        const [n, way] = [query.shape[0], classes.shape[0]];
        const values = height * width * filters;
        const asked = tf.reshape(ofQuery.apply(query) as tf.Tensor, [n, 1, values]);
        const known = tf.reshape(ofClass.apply(classes) as tf.Tensor, [1, way, values]);
        const pairs = tf.reshape(tf.add(asked, known), [n * way, height, width, filters]);
        return tf.reshape(rest.apply(pairs, { training }) as tf.Tensor, [n, way]) as tf.Tensor2D;
      }),
  };
}

/** From what the first convolution makes of a pair to its score. */
function scoring(
  shape: MapShape,
  { filters, hidden, normDecay }: RelationOptions,
  seed: number,
): LayersModel {
  const pair = input({ name: 'relation_pair', shape: [...shape] });
  const block = (x: SymbolicTensor, number: number): SymbolicTensor => {
    const name = `relation_conv${number}`;
    const normed = new BatchNorm({ name: `${name}_bn`, momentum: normDecay }).apply(x) as SymbolicTensor;
    const active = layers.reLU({ name: `${name}_relu` }).apply(normed) as SymbolicTensor;
    const [, height, width] = active.shape as [null, number, number];
    if (Math.min(height, width) < 2) return active;
    const pool = layers.maxPooling2d({ name: `relation_pool${number}`, poolSize: 2, strides: 2 });
    return pool.apply(active) as SymbolicTensor;
  };
  const one = block(pair, 1);
  const two = block(convolution(one, 'relation_conv2', filters, 3, 9 * filters, seed), 2);
  const [, height, width] = two.shape as [null, number, number];
  // Convolutions of one window: as dense layers, but differentiable to any order on every engine.
  const dense = (x: SymbolicTensor, name: string, units: number, size: [number, number], fan: number) =>
    neuralSimilarity(x, {
      name,
      filters: units,
      kernelSize: size,
      padding: 'valid',
      similarity: innerProduct,
      kernelInitializer: heNormal(fan, seed, name) as never,
    });
  const values = dense(two, 'relation_fc1', hidden, [height, width], height * width * filters);
  const rectified = layers.reLU({ name: 'relation_fc1_relu' }).apply(values) as SymbolicTensor;
  const last = dense(rectified, 'relation_fc2', 1, [1, 1], hidden);
  const sigmoid = layers.activation({ name: 'relation_score', activation: 'sigmoid' });
  return makeModel({
    name: 'relation_scoring',
    inputs: pair,
    outputs: sigmoid.apply(last) as SymbolicTensor,
  });
}

function convolution(
  x: SymbolicTensor,
  name: string,
  filters: number,
  size: number,
  fan: number,
  seed: number,
): SymbolicTensor {
  return neuralSimilarity(x, {
    name,
    filters,
    kernelSize: size,
    padding: 'same',
    useBias: false,
    kernelInitializer: heNormal(fan, seed, name) as never,
  });
}

/** N(0, √(2 / fan)). */
const heNormal = (fan: number, seed: number, name: string): WeightInit =>
  initializers.randomNormal({
    mean: 0,
    stddev: Math.sqrt(2 / fan),
    seed: weightSeed(seed, `${name}/kernel`),
  }) as unknown as WeightInit;
