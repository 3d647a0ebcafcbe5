/** The seam's convolutions, their gradients and m's, whatever the geometry and the form of m. */
import {
  CONV2D,
  CONV2D_BACKPROP_FILTER,
  CONV2D_BACKPROP_INPUT,
  type ConvAttrs,
  SIMILARITY_CONV2D,
  SIMILARITY_CONV2D_BACKPROP,
  SIMILARITY_CONV2D_BACKPROP_FILTER,
  SIMILARITY_CONV2D_BACKPROP_INPUT,
  SIMILARITY_CONV2D_BACKPROP_SIMILARITY,
  type SimilarityGradAttrs,
} from '@neusim/core';
import type * as tf from '@tensorflow/tfjs-core';
import { type Override, override } from '../../override';
import { filterGradient } from './filter-gradient';
import { forward, inputGradient } from './gather';
import { similarityGradient } from './similarity-gradient';

/** Those of x, w, m and dy that a kernel takes; a plain convolution has no m. */
interface Operands {
  readonly x: tf.Tensor;
  readonly w: tf.Tensor;
  readonly m?: tf.Tensor;
  readonly dy: tf.Tensor;
}

const operands = (inputs: Readonly<Record<string, tf.Tensor>>) => inputs as unknown as Operands;

const y = (kernel: string) =>
  override<ConvAttrs>(kernel, ({ inputs, attrs: { g }, gpu }) => {
    const { x, w, m = null } = operands(inputs);
    return forward(gpu, x, w, m, g);
  });

const dx = (kernel: string) =>
  override<ConvAttrs>(kernel, ({ inputs, attrs: { g }, gpu }) => {
    const { w, m = null, dy } = operands(inputs);
    return inputGradient(gpu, w, m, dy, g);
  });

const dw = (kernel: string) =>
  override<ConvAttrs>(kernel, ({ inputs, attrs: { g }, gpu }) => {
    const { x, m = null, dy } = operands(inputs);
    return filterGradient(gpu, x, m, dy, g);
  });

const dm = override<SimilarityGradAttrs>(
  SIMILARITY_CONV2D_BACKPROP_SIMILARITY,
  ({ inputs, attrs: { g, mShape }, gpu }) => {
    const { x, w, dy } = operands(inputs);
    return similarityGradient(gpu, x, w, dy, mShape, g);
  },
);

const all = override<ConvAttrs>(SIMILARITY_CONV2D_BACKPROP, ({ inputs, attrs: { g }, gpu }) => {
  const { x, w, m, dy } = operands(inputs) as Required<Operands>;
  return [
    inputGradient(gpu, w, m, dy, g),
    filterGradient(gpu, x, m, dy, g),
    similarityGradient(gpu, x, w, dy, m.shape, g),
  ];
});

export const seamConvolutions: readonly Override[] = [
  y(CONV2D),
  dx(CONV2D_BACKPROP_INPUT),
  dw(CONV2D_BACKPROP_FILTER),
  y(SIMILARITY_CONV2D),
  dx(SIMILARITY_CONV2D_BACKPROP_INPUT),
  dw(SIMILARITY_CONV2D_BACKPROP_FILTER),
  dm,
  all,
];
