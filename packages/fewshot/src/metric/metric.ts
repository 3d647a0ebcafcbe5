/**
 * Any registered similarity as the metric of a head: the same operator as layer and as metric. A template, such as a class's
 * prototype, is the kernel W, and what is asked about the one patch that it is compared with: score = scale · Wᵀ·M·x.
 */
import type { Predictor, Similarity } from '@neusim/core';
import { makePart, type PartSpec, partSchema, withDefaults } from '@neusim/models';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers,
  model as makeModel,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import * as v from 'valibot';
import { SimilarityMetric } from './metric-layer';

export interface MetricOptions {
  /** The similarity: its name, or its name with options. */
  readonly metric: PartSpec;
  /** Of a dynamic similarity: sees the query. Default `pooled`: one M for a query. */
  readonly predictor?: PartSpec | undefined;
  /**
   * What the taps are, between which M lies. `embedding`: one, with the embedding's values for channels; a diagonal M is
   * then a factor, and `static-bilinear` has an M between all values. `features`: each value of the embedding, so that
   * a diagonal M weighs them. `map`: the positions of the backbone's map.
   */
  readonly on: 'embedding' | 'features' | 'map';
  /** Factor on the similarity, above 0. */
  readonly scale: number;
  /** Whether training moves the factor. */
  readonly learnScale: boolean;
}

/** Schema entries of `MetricOptions`. @param metric the default. */
export const metricEntries = <const S extends PartSpec>(metric: S) => ({
  metric: v.optional(partSchema, metric),
  predictor: v.optional(partSchema),
  on: v.optional(v.picklist(['embedding', 'features', 'map']), 'embedding'),
  scale: v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0)), 1),
  learnScale: v.optional(v.boolean(), false),
});

export interface Metric {
  /** All its weights; its layers begin with `metric`. To be joined to the learner's. */
  readonly model: LayersModel;
  /**
   * How alike each query is to each template. Differentiable to second order in queries, templates and M.
   * @param query [n,…]. @param templates [way,…], of the same shape. @returns [n,way].
   */
  score(query: tf.Tensor, templates: tf.Tensor, training?: boolean): tf.Tensor2D;
}

/**
 * A maker of metrics, so that the registry refuses what it does not know before any weight is made.
 * @throws NeusimError REGISTRY_UNKNOWN_NAME, CONFIG_INVALID; LAYER_OPTIONS for a predictor of a similarity that has none.
 */
export function metricOf(
  registry: AnyRegistry,
  options: MetricOptions,
): (shape: readonly number[], seed: number) => Metric {
  const similarity = makePart<Similarity>(registry, 'similarity', options.metric);
  if (similarity.source !== 'predictor') {
    if (options.predictor === undefined) return (shape) => makeMetric(shape, options, similarity);
    throw new NeusimError('LAYER_OPTIONS', `metric ${similarity.name} takes no predictor`, {
      data: { metric: similarity.name, predictor: options.predictor },
      hint: 'Leave the predictor out, or choose a dynamic similarity.',
    });
  }
  const predictor = (seed: number) => {
    const spec = withDefaults(registry, 'predictor', options.predictor ?? 'pooled', { seed });
    return makePart<Predictor>(registry, 'predictor', spec);
  };
  predictor(0);
  return (shape, seed) => makeMetric(shape, options, similarity, predictor(seed));
}

const NAME = 'metric';

/** @param shape of one query: [features], or [h,w,c] of a map. */
function makeMetric(
  shape: readonly number[],
  { on, scale, learnScale }: MetricOptions,
  similarity: Similarity,
  predictor?: Predictor,
): Metric {
  const window = windowShape(on, shape);
  const query = input({ name: `${NAME}_query`, shape: [...shape] });
  const templates = input({ name: `${NAME}_templates`, shape: [...shape] });
  const map = layers
    .reshape({ name: `${NAME}_map`, targetShape: [...window] })
    .apply(query) as SymbolicTensor;
  const layer = new SimilarityMetric({ name: NAME, similarity, predictor, window, scale, learnScale });
  const geometry = layer.geometry;
  const predicted = predictor?.apply(map, similarity.channels(geometry.taps), geometry, NAME);
  const score = layer.apply([map, templates, ...(predicted ? [predicted] : [])]) as SymbolicTensor;
  const model = makeModel({ name: NAME, inputs: [query, templates], outputs: score });
  return {
    model,
    score: (asked, wanted, training = false) =>
      tf.tidy(() => model.apply([asked, wanted], { training }) as tf.Tensor2D),
  };
}

/** @throws NeusimError FEWSHOT_BACKBONE where taps are to be positions, and there is no map. */
function windowShape(on: MetricOptions['on'], shape: readonly number[]): [number, number, number] {
  const values = shape.reduce((product, size) => product * size, 1);
  if (on === 'embedding') return [1, 1, values];
  if (on === 'features') return [values, 1, 1];
  if (shape.length === 3) return shape as [number, number, number];
  throw new NeusimError('FEWSHOT_BACKBONE', `a metric on the map takes maps [n,h,w,c], not [n,${shape}]`, {
    data: { on, shape },
    hint: "Give a backbone with a map, or choose on: 'embedding'.",
  });
}
