/** The block of every network here: convolution without bias, batch norm, ReLU (method: §2, §3). */
import {
  BatchNorm,
  innerProduct,
  neuralSimilarity,
  type Operator,
  type Predictor,
  type Shape,
  type Similarity,
  weightSeed,
} from '@neusim/core';
import { initializers, layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';

export interface Convolution {
  readonly name: string;
  readonly filters: number;
  /** [height, width] of the window. */
  readonly kernelSize: readonly [number, number];
  /** Seed of the model; the kernel's own is derived from it. */
  readonly seed: number;
  readonly stride?: number;
  readonly padding?: 'same' | 'valid';
  readonly similarity?: Similarity;
  readonly shape?: Shape;
  readonly predictor?: Predictor;
  /** In place of the other parts. */
  readonly operator?: Operator | undefined;
}

/** A convolution without bias whose kernel starts from N(0, √(2 / (kernel taps · channels))), not truncated. */
export function convolution(x: SymbolicTensor, options: Convolution): SymbolicTensor {
  const {
    name,
    filters,
    kernelSize,
    seed,
    stride = 1,
    padding = 'same',
    similarity = innerProduct,
  } = options;
  const { shape, predictor, operator } = options;
  const fanIn = kernelSize[0] * kernelSize[1] * (x.shape[3] as number);
  const args = {
    name,
    filters,
    kernelSize: [...kernelSize] as [number, number],
    strides: stride,
    padding,
    useBias: false,
    kernelInitializer: initializers.randomNormal({
      mean: 0,
      stddev: Math.sqrt(2 / fanIn),
      seed: weightSeed(seed, `${name}/kernel`),
    }),
  };
  if (operator) return operator.apply(x, args);
  return neuralSimilarity(x, {
    ...args,
    similarity,
    ...(shape ? { shape } : {}),
    ...(predictor ? { predictor } : {}),
  });
}

/** Convolution, batch norm with running statistics of decay `normDecay`, ReLU. */
export function convolutionBlock(x: SymbolicTensor, options: Convolution, normDecay: number): SymbolicTensor {
  const { name } = options;
  const convolved = convolution(x, options);
  const normed = new BatchNorm({ name: `${name}_bn`, momentum: normDecay }).apply(convolved);
  return layers.activation({ name: `${name}_relu`, activation: 'relu' }).apply(normed) as SymbolicTensor;
}
