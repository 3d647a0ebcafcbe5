/**
 * The one architecture of the paper's CIFAR networks, "CNN-9" (method: §9): a plain root convolution, stages of
 * equally wide similarity convolutions with a 2×2 max-pool after each, and a score convolution over all that is
 * left of the map. Every convolution but the score is followed by batch norm and ReLU; nothing has a bias.
 */
import { NeusimError } from '@neusim/registry';
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { convolution, convolutionBlock, type Parts } from './convolution';
import type { ImageShape } from './types';

/** What the convolutions of a stage have in common. */
export interface StageOptions {
  /** Similarity convolutions in each stage. */
  readonly depth: number;
  /** Side of their square window. */
  readonly kernelSize: number;
  readonly normDecay: number;
  readonly seed: number;
  /** New for every network: what a shared predictor shares, it shares within one. */
  readonly parts: Parts;
}

export interface Staged extends StageOptions {
  readonly name: string;
  readonly inputShape: ImageShape;
  readonly classes: number;
  /** Filters of each stage's convolutions; the root has as many as the first stage. */
  readonly widths: readonly number[];
  readonly rootStride: number;
}

/** @throws NeusimError MODEL_INPUT_TOO_SMALL where the pools leave nothing of the map. */
export function buildStaged(net: Staged): LayersModel {
  const { name, inputShape, classes, widths, rootStride, normDecay, seed } = net;
  requireSize(name, inputShape, rootStride * 2 ** widths.length, widths.length);

  const images = input({ name: 'image', shape: [...inputShape] });
  const root = {
    name: 'root',
    filters: widths[0] as number,
    kernelSize: [3, 3],
    stride: rootStride,
    seed,
  } as const;
  const rooted = convolutionBlock(images, root, normDecay);
  const x = widths.reduce((from, filters, i) => maxPool(stage(from, i + 1, filters, net), i + 1), rooted);
  const rest = [x.shape[1] as number, x.shape[2] as number] as const;
  const score = convolution(x, { name: 'score', filters: classes, kernelSize: rest, padding: 'valid', seed });
  const logits = layers.flatten({ name: 'logits' }).apply(score) as SymbolicTensor;
  return model({ name, inputs: images, outputs: logits });
}

/** Stage `number` of a network: `depth` convolutions of so many filters, each with batch norm and ReLU. */
export function stage(
  x: SymbolicTensor,
  number: number,
  filters: number,
  { depth, kernelSize, normDecay, seed, parts }: StageOptions,
): SymbolicTensor {
  return Array.from({ length: depth }, (_, k) => `stage${number}_conv${k + 1}`).reduce((from, name) => {
    const window = [kernelSize, kernelSize] as const;
    const conv = { name, filters, kernelSize: window, seed, ...parts };
    return convolutionBlock(from, conv, normDecay);
  }, x);
}

/** The 2×2 max-pool after stage `number`. */
export function maxPool(x: SymbolicTensor, number: number): SymbolicTensor {
  const pool = layers.maxPooling2d({ name: `stage${number}_pool`, poolSize: 2, strides: 2 });
  return pool.apply(x) as SymbolicTensor;
}

/** @throws NeusimError MODEL_INPUT_TOO_SMALL for images smaller than `smallest`. */
export function requireSize(name: string, inputShape: ImageShape, smallest: number, stages: number): void {
  const [height, width] = inputShape;
  if (Math.min(height, width) >= smallest) return;
  throw new NeusimError(
    'MODEL_INPUT_TOO_SMALL',
    `${name} with ${stages} stages takes images of at least ${smallest}×${smallest}, not ${height}×${width}`,
    {
      data: { inputShape, smallest, stages },
      hint: 'Give fewer widths, or larger images.',
    },
  );
}

/** @throws NeusimError CONFIG_INVALID for another number of widths than the network has stages. */
export function requireStages(name: string, stages: number, widths: readonly number[]): void {
  if (widths.length === stages) return;
  throw new NeusimError(
    'CONFIG_INVALID',
    `${name} has ${stages} stages, but ${widths.length} widths are given`,
    {
      data: { path: 'widths', met: widths, wanted: stages },
      hint: `Give ${stages} widths.`,
    },
  );
}
