/**
 * The one architecture of the paper's CIFAR networks, "CNN-9" (method: §9): a plain root convolution, stages of
 * equally wide similarity convolutions with a 2×2 max-pool after each, and a score convolution over all that is
 * left of the map. Every convolution but the score is followed by batch norm and ReLU; nothing has a bias.
 */
import { innerProduct, type Operator, type Predictor, type Shape, type Similarity } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { convolution, convolutionBlock } from './convolution';
import type { ImageShape } from './types';

export interface Staged {
  readonly name: string;
  readonly inputShape: ImageShape;
  readonly classes: number;
  /** Filters of each stage's convolutions; the root has as many as the first stage. */
  readonly widths: readonly number[];
  /** Similarity convolutions in each stage. */
  readonly depth: number;
  /** Side of the similarity convolutions' square window. */
  readonly kernelSize: number;
  readonly rootStride: number;
  readonly normDecay: number;
  readonly seed: number;
  readonly similarity?: Similarity;
  readonly shape?: Shape;
  /** New for every network: what a shared predictor shares, it shares within one. */
  readonly predictor?: Predictor;
  /** In place of the other parts. */
  readonly operator?: Operator;
}

/** @throws NeusimError MODEL_INPUT_TOO_SMALL where the pools leave nothing of the map. */
export function buildStaged(net: Staged): LayersModel {
  const { name, inputShape, classes, widths, depth, rootStride, normDecay, seed } = net;
  const { similarity = innerProduct, shape, predictor, operator } = net;
  checkSize(net);

  const images = input({ name: 'image', shape: [...inputShape] });
  const root = {
    name: 'root',
    filters: widths[0] as number,
    kernelSize: [3, 3],
    stride: rootStride,
    seed,
  } as const;
  let x = convolutionBlock(images, root, normDecay);
  for (const [index, filters] of widths.entries()) {
    const stage = `stage${index + 1}`;
    for (let k = 1; k <= depth; k++) {
      const kernelSize = [net.kernelSize, net.kernelSize] as const;
      const parts = { similarity, shape, predictor, operator };
      const conv = { name: `${stage}_conv${k}`, filters, kernelSize, seed, ...parts };
      x = convolutionBlock(x, conv, normDecay);
    }
    const pool = layers.maxPooling2d({ name: `${stage}_pool`, poolSize: 2, strides: 2 });
    x = pool.apply(x) as SymbolicTensor;
  }
  const rest = [x.shape[1] as number, x.shape[2] as number] as const;
  const score = convolution(x, { name: 'score', filters: classes, kernelSize: rest, padding: 'valid', seed });
  const logits = layers.flatten({ name: 'logits' }).apply(score) as SymbolicTensor;
  return model({ name, inputs: images, outputs: logits });
}

function checkSize({ name, inputShape, widths, rootStride }: Staged): void {
  const factor = rootStride * 2 ** widths.length;
  const smallest = Math.min(inputShape[0], inputShape[1]);
  if (smallest >= factor) return;
  throw new NeusimError(
    'MODEL_INPUT_TOO_SMALL',
    `${name} with ${widths.length} stages takes images of at least ${factor}×${factor}, not ${inputShape[0]}×${inputShape[1]}`,
    {
      data: { inputShape, smallest: factor, stages: widths.length },
      hint: 'Give fewer widths, or larger images.',
    },
  );
}
