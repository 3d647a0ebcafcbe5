/** Each similarity, shape and predictor of the registry, as a layer. A predicted M is made of a z that is there already. */
import {
  geometry,
  NeuralSimilarityConv2D,
  neuralSimilarity,
  type Shape,
  type Similarity,
} from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { type SeparableWeights, separable } from '../../baselines/compositions/predictors';
import * as shapes from '../../baselines/compositions/shapes';
import * as similarities from '../../baselines/compositions/similarities';
import { registry } from '../../registry';
import type { ConvShape } from '../shapes';
import type { Operator, T4 } from './work';

const listed = (kind: 'similarity' | 'shape' | 'predictor') => registry.list(kind).map(({ name }) => name);
const make = <P>(kind: 'similarity' | 'shape' | 'predictor', name: string, options: object = {}): P =>
  registry.make(kind, name as never, options as never) as P;
const random = (shape: readonly number[], deviation: number, seed: number) =>
  tf.randomNormal([...shape], 0, deviation, 'float32', seed);
const initializer = () => tfl.initializers.randomNormal({ stddev: 0.1, seed: 2 });

/** A layer, all that its gradients are taken by, and its weights. */
function layerOf(
  { filters, kernel, batch, height, width }: ConvShape,
  x: T4,
  parts: { readonly similarity: Similarity; readonly shape?: Shape },
) {
  const layer = new NeuralSimilarityConv2D({
    filters,
    kernelSize: kernel,
    padding: 'same',
    useBias: false,
    kernelInitializer: initializer(),
    ...parts,
  });
  const { similarity } = parts;
  const z =
    similarity.source === 'predictor'
      ? random([batch, height, width, similarity.channels(kernel ** 2)], 0.1, 3)
      : undefined;
  layer.build(z ? [x.shape, z.shape] : x.shape);
  // Off its start, where a learned place would be a whole element.
  for (const [i, weight] of layer.trainableWeights.entries())
    if (i > 0) weight.write(tf.tidy(() => tf.add(weight.read(), random(weight.shape as number[], 0.03, i))));
  const [w, ...weights] = layer.trainableWeights.map((weight) => weight.read()) as [T4, ...tf.Tensor[]];
  return {
    w,
    weights,
    z,
    inputs: [x, w, ...weights, ...(z ? [z] : [])],
    run: () => layer.call(z ? [x, z] : x, { training: true }) as T4,
  };
}

/** What the formula of a similarity is from stock ops. @param m null for a response. */
function compositionOf(
  { name, form, source }: Similarity,
  [x, w]: readonly [T4, T4],
  m: tf.Tensor | null,
  weights: readonly tf.Tensor[],
): T4 {
  if (name === 'hyperspherical') return similarities.hyperspherical(x, w);
  if (name === 'decoupled') return similarities.decoupledTanh(x, w, weights[0] as tf.Tensor);
  if (!m) return similarities.plain(x, w);
  if (source === 'predictor') return similarities.everywhere(x, w, m);
  if (form === 'grouped') return similarities.grouped(x, w, m);
  return form === 'bilinear' ? similarities.bilinear(x, w, m) : similarities.fixed(x, w, m);
}

const ofSimilarity = (name: string): Operator => ({
  name: `similarity ${name}`,
  start(shape, { x }) {
    const similarity = make<Similarity>('similarity', name);
    const { w, weights, z, inputs, run } = layerOf(shape, x, { similarity });
    const g = windowOf(shape);
    // M is made by the same stock ops.
    const composed = () => compositionOf(similarity, [x, w], similarity.toM(z ?? weights[0], g), weights);
    return { inputs, run, composed };
  },
});

const ofShape = (name: string): Operator => ({
  name: `shape ${name}`,
  start(size, { x }) {
    const shape = make<Shape>('shape', name, name === 'learned-dilation' ? { rate: 1.5 } : {});
    const { w, weights, inputs, run } = layerOf(size, x, {
      similarity: make('similarity', 'inner-product'),
      shape,
    });
    // Sampled by the seam's own composition.
    if (shape.dynamic) return { inputs, run };
    const composed = () => {
      const { mask, offsets } = shape.taps?.(weights, windowOf(size)) ?? {};
      if (offsets) return shapes.betweenElements(x, w, offsets);
      if (shape.dilations) return shapes.dilated(x, w, shape.dilations[0]);
      return mask ? similarities.fixed(x, w, mask) : similarities.plain(x, w);
    };
    if (!shape.dilations) return { inputs, run, composed };
    const { dilations } = shape;
    return {
      inputs,
      run,
      composed,
      composedForward: () => tf.conv2d(x, w, 1, 'same', 'NHWC', [...dilations]),
    };
  },
});

/** A whole layer of dynamic DNS, its predictor included: beside the same graph on kernels that are not ours. */
const ofPredictor = (name: string): Operator => ({
  name: `predictor ${name}`,
  start({ filters, kernel }, { x }) {
    const input = tfl.input({ shape: x.shape.slice(1) });
    const output = neuralSimilarity(input, {
      filters,
      kernelSize: kernel,
      padding: 'same',
      useBias: false,
      kernelInitializer: initializer(),
      similarity: make('similarity', 'dynamic-dns'),
      predictor: make('predictor', name, { seed: 1 }),
    });
    const model = tfl.model({ inputs: input, outputs: output });
    const weights = model.trainableWeights.map((weight) => weight.read());
    const work = { inputs: [x, ...weights], run: () => model.apply(x, { training: true }) as T4 };
    if (name !== 'separable') return work;
    const [m1, m2] = [0, 4].map((at) => weights.slice(at, at + 4) as unknown as SeparableWeights);
    const [w] = weights.slice(8) as [T4];
    const composed = () => separable(x, m1 as SeparableWeights, m2 as SeparableWeights, w);
    return { ...work, composed };
  },
});

const windowOf = ({ kernel, channels }: ConvShape) => geometry([kernel, kernel, channels], [kernel, kernel]);

/** Static ones first, as listed. The plain similarity is the shape `full`. */
export const layers: readonly Operator[] = [
  ...listed('similarity')
    .filter((name) => name !== 'inner-product')
    .map(ofSimilarity),
  ...listed('shape').map(ofShape),
  ...listed('predictor').map(ofPredictor),
];
