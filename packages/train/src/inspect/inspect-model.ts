/** All that can be said of a trained network without its data set, and of what it makes of one image, as plain values. */
import { NeuralSimilarityConv2D } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { breathe } from '../breathe';
import { inspectLayer, type LayerSimilarity, similarityLayers, tapsOf } from '../inspect-similarity';
import { type LayerCost, layerCosts } from './cost';
import { type ResponseCurves, responseCurves } from './response';
import { disposeSeen, type Seen, seenBy } from './seen';
import { type LayerSpectra, layerSpectra } from './spectra';

export interface LayerInspection {
  readonly layer: string;
  /** Its class. */
  readonly type: string;
  /** [kh,kw,C,F], or [inputs, outputs] of a dense layer. */
  readonly kernel: readonly number[];
  /** Null for a layer of tfjs's own. */
  readonly similarity: LayerSimilarity | null;
  readonly spectra: LayerSpectra;
  /** Of a similarity that is no M; null for others. */
  readonly response: ResponseCurves | null;
}

export interface ModelInspection {
  /** Layers with a kernel, in the model's order; those of predictors are left out. */
  readonly layers: readonly LayerInspection[];
  /** Every layer that has parameters or does work. */
  readonly costs: readonly LayerCost[];
}

export interface InspectOptions {
  /**
   * [B,height,width,channels], normalised as in training: M is predicted, and taps are placed, for the first; the spread
   * of M is over all. Without them nothing that depends on an image is told.
   */
  readonly images?: tf.Tensor4D | undefined;
  /** Which layers, by name; default all. */
  readonly only?: ((layer: string) => boolean) | undefined;
  /** Heard between two layers: a large one takes seconds. */
  readonly signal?: AbortSignal | undefined;
  onProgress?(done: number, total: number, layer: string): void;
}

/** @throws the signal's reason, where it is aborted on the way */
export async function inspectModel(
  model: LayersModel,
  options: InspectOptions = {},
): Promise<ModelInspection> {
  const { images, only = () => true, signal, onProgress } = options;
  const similar = similarityLayers(model);
  const costs = layerCosts(model, similar);
  const served = new Set(costs.flatMap(({ name, serves }) => (serves === null ? [] : name)));
  const chosen = model.layers.filter(
    ({ name, weights }) => weights.length > 0 && !served.has(name) && only(name),
  );
  const shown = new Set(similar.filter((layer) => chosen.includes(layer)));
  const seen = images ? seenBy(model, [...shown], images) : new Map<string, Seen>();
  const layers: LayerInspection[] = [];
  const breath = breathe();
  try {
    for (const [done, layer] of chosen.entries()) {
      onProgress?.(done, chosen.length, layer.name);
      await breath();
      signal?.throwIfAborted();
      const of = seen.get(layer.name);
      const spectra = await layerSpectra(layer, of);
      if (!spectra) continue;
      const isSimilar = layer instanceof NeuralSimilarityConv2D;
      layers.push({
        layer: layer.name,
        type: layer.getClassName(),
        kernel: (layer.weights[0]?.shape ?? []) as number[],
        similarity: isSimilar ? await inspectLayer(layer, of) : null,
        spectra,
        response: isSimilar ? await responseOf(layer, of) : null,
      });
    }
    onProgress?.(chosen.length, chosen.length, '');
  } finally {
    disposeSeen(seen);
  }
  return { layers, costs };
}

/** With the D of its taps, for patches as long as those that they read. */
async function responseOf(layer: NeuralSimilarityConv2D, seen: Seen = {}): Promise<ResponseCurves | null> {
  if (!layer.similarity.respond) return null;
  const [mask] = tf.tidy(() => [tapsOf(layer, seen)?.mask].flatMap((each) => each?.clone() ?? []));
  try {
    return await responseCurves(layer, await patchNorm(layer, seen), mask);
  } finally {
    mask?.dispose();
  }
}

/** Root mean square over the positions of the image; undefined without one. */
async function patchNorm(layer: NeuralSimilarityConv2D, { x }: Seen): Promise<number | undefined> {
  if (!x) return undefined;
  const mean = tf.tidy(() => tf.sqrt(tf.mean(layer.patchEnergy(x))));
  const [norm = 0] = await mean.data();
  mean.dispose();
  return norm > 0 && Number.isFinite(norm) ? norm : undefined;
}
