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

/** What the similarity convolutions of one network are made of. */
export interface Parts {
  readonly similarity?: Similarity | undefined;
  readonly shape?: Shape | undefined;
  readonly predictor?: Predictor | undefined;
  /** In place of the other parts. */
  readonly operator?: Operator | undefined;
}

export interface Convolution extends Parts {
  readonly name: string;
  readonly filters: number;
  /** [height, width] of the window. */
  readonly kernelSize: readonly [number, number];
  /** Seed of the model; the kernel's own is derived from it. */
  readonly seed: number;
  readonly stride?: number;
  readonly padding?: 'same' | 'valid';
  readonly useBias?: boolean;
  /** After batch norm; default `relu`. */
  readonly activation?: Activation;
}

/** A convolution, without bias unless asked for, whose kernel starts from N(0, √(2 / (kernel taps · channels))), not truncated. */
export function convolution(x: SymbolicTensor, options: Convolution): SymbolicTensor {
  const {
    name,
    filters,
    kernelSize,
    seed,
    stride = 1,
    padding = 'same',
    useBias = false,
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
    useBias,
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

/** Convolution, batch norm with running statistics of decay `normDecay`, activation. */
export function convolutionBlock(x: SymbolicTensor, options: Convolution, normDecay: number): SymbolicTensor {
  const { name, activation = 'relu' } = options;
  const convolved = convolution(x, options);
  const normed = new BatchNorm({ name: `${name}_bn`, momentum: normDecay }).apply(
    convolved,
  ) as SymbolicTensor;
  return activate(normed, activation, name);
}

/** Of residual networks: `leaky-relu` has slope 0.1 below 0. */
export type Activation = 'relu' | 'leaky-relu' | 'none';

/** The activation layer after the layers called `name`. */
export function activate(x: SymbolicTensor, activation: Activation, name: string): SymbolicTensor {
  if (activation === 'none') return x;
  const layer =
    activation === 'relu'
      ? layers.activation({ name: `${name}_relu`, activation: 'relu' })
      : layers.leakyReLU({ name: `${name}_relu`, alpha: 0.1 });
  return layer.apply(x) as SymbolicTensor;
}
