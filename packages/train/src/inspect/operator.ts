/** What is told of an operator's layer: its kernels are mixed anew for every image, so that no one of them is W. */
import type { OperatorConv2D } from '@neusim/core';
import type * as tf from '@tensorflow/tfjs-core';

export interface LayerOperator {
  /** Of the registry. */
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Kernels that it mixes; 0 for one whose kernels are all made by its network. */
  readonly kernels: number;
}

export function inspectOperator(layer: OperatorConv2D): LayerOperator {
  const { name, options } = layer.operator;
  return { name, options, kernels: kernelsOf(layer)?.shape[0] ?? 0 };
}

/** [n,kh,kw,C,F], the layer's own weight; null where it has none. */
export function kernelsOf(layer: OperatorConv2D): tf.Tensor | null {
  const isKernels = (each: OperatorConv2D['weights'][number]) =>
    each.shape.length === 5 && layer.describeWeight(each)?.role === 'filter';
  return layer.weights.find(isKernels)?.read() ?? null;
}
