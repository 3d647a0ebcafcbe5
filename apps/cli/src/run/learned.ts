// What a trained network learned besides kernels: its M (weights, or predicted for a batch) and its D.

import { describeWeights, NeuralSimilarityConv2D } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { DynamicMatrix, LearnedShape, Spread, StaticMatrix } from './run-report';

type Layer = NeuralSimilarityConv2D;

export function similarityLayers(model: tfl.LayersModel): Layer[] {
  return model.layers.filter((layer) => layer instanceof NeuralSimilarityConv2D);
}

/** Whether some M depends on the input, so that the model does not fold. */
export function isDynamic(model: tfl.LayersModel): boolean {
  return similarityLayers(model).some((layer) => layer.similarity.source === 'predictor');
}

/** The M of every layer whose M is a weight. */
export function staticMatrices(model: tfl.LayersModel): StaticMatrix[] {
  const layers = similarityLayers(model).filter((layer) => layer.similarity.source === 'parameter');
  return layers.map((layer) => {
    const [weight] = weightsOf(model, layer, 'similarity');
    const values = tf.tidy(() => [...(layer.similarity.toM(weight, taps(layer)) as tf.Tensor).dataSync()]);
    return { layer: layer.name, kernel: kernelOf(layer), form: formOf(layer), values };
  });
}

/** The D of every layer whose shape is learned. */
export function learnedShapes(model: tfl.LayersModel): LearnedShape[] {
  return similarityLayers(model).flatMap((layer) => {
    const weights = weightsOf(model, layer, 'shape');
    if (weights.length === 0) return [];
    const mask = tf.tidy(() => layer.shape.taps?.(weights, geometryOf(layer)).mask?.dataSync());
    return mask ? [{ layer: layer.name, kernel: kernelOf(layer), mask: [...mask] }] : [];
  });
}

/** The M that each dynamic layer predicts for the first image, and how it spreads over all of them. */
export interface Predicted {
  readonly dynamic: readonly DynamicMatrix[];
  readonly spread: readonly Spread[];
}

/** @param images [B,H,W,C], normalised as in training; B at least 2 for a spread over images. */
export function predictedMatrices(model: tfl.LayersModel, images: tf.Tensor4D): Predicted {
  const layers = similarityLayers(model).filter((layer) => layer.similarity.source === 'predictor');
  if (layers.length === 0) return { dynamic: [], spread: [] };
  const inner = tfl.model({
    inputs: model.inputs,
    outputs: layers.map((layer) => layer.inboundNodes[0]?.inputTensors[1] as tfl.SymbolicTensor),
  });
  const found: { dynamic: DynamicMatrix; spread: Spread }[] = [];
  tf.tidy(() => {
    const predicted = inner.predict(images);
    for (const [index, layer] of layers.entries()) {
      const z = (Array.isArray(predicted) ? predicted[index] : predicted) as tf.Tensor;
      const m = layer.similarity.toM(z, taps(layer)) as tf.Tensor;
      const [, height = 1, width = 1, ...entries] = m.shape;
      const flat = tf.reshape(m, [images.shape[0], height, width, -1]) as tf.Tensor4D;
      const dynamic: DynamicMatrix = {
        layer: layer.name,
        kernel: kernelOf(layer),
        form: formOf(layer),
        height,
        width,
        values: [...tf.slice(flat, 0, 1).dataSync()],
      };
      const identity = entries.length === 2 ? tf.reshape(tf.eye(taps(layer)), [-1]) : tf.scalar(1);
      const spread: Spread = {
        layer: layer.name,
        positions: meanDeviation(flat, [1, 2]),
        images: meanDeviation(flat, [0]),
        fromIdentity: numberOf(tf.mean(tf.abs(tf.sub(flat, identity)))),
      };
      found.push({ dynamic, spread });
    }
  });
  return { dynamic: found.map((each) => each.dynamic), spread: found.map((each) => each.spread) };
}

/** Standard deviation over the axes, averaged over what is left. */
function meanDeviation(m: tf.Tensor4D, axes: number[]): number {
  return numberOf(tf.mean(tf.sqrt(tf.moments(m, axes).variance)));
}

const numberOf = (scalar: tf.Tensor) => scalar.dataSync()[0] as number;

function weightsOf(model: tfl.LayersModel, layer: Layer, role: 'similarity' | 'shape'): tf.Tensor[] {
  const infos = describeWeights(model).filter((info) => info.layer === layer.name && info.role === role);
  return infos.map(({ variable }) => variable.read());
}

function geometryOf(layer: Layer) {
  return layer.geometry(layer.inboundNodes[0]?.inputShapes[0] as [number, number, number, number]);
}

const taps = (layer: Layer) => geometryOf(layer).taps;

function kernelOf(layer: Layer): [number, number] {
  const { kernelHeight, kernelWidth } = geometryOf(layer);
  return [kernelHeight, kernelWidth];
}

const formOf = (layer: Layer) => (layer.similarity.form === 'diagonal' ? 'diagonal' : 'full');
