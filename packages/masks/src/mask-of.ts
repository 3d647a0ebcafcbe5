/** The taps that a layer's kernel has at present, for reports and plots. */
import type { NeuralSimilarityConv2D } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';

/**
 * The D of a layer's window as it is at inference, as rows: [kernelHeight][kernelWidth]. Zeros and ones, but for the gates of
 * the estimator `hard-concrete`, which may stand between; all ones where its shape masks nothing, or finds its taps anew
 * for every input.
 * @throws NeusimError LAYER_INPUT where the layer has not been applied to anything yet.
 */
export async function maskOf(layer: NeuralSimilarityConv2D): Promise<number[][]> {
  const kernel = layer.weights.find((weight) => layer.describeWeight(weight)?.role === 'filter');
  if (!kernel)
    throw new NeusimError('LAYER_INPUT', `layer ${layer.name} has no weights yet`, {
      data: { layer: layer.name },
      hint: 'Apply it to an input first.',
    });
  const [height, width] = kernel.shape as [number, number];
  const mask = tf.tidy(() => {
    const { mask } = layer.shape.dynamic ? {} : layer.taps();
    return mask ? tf.clone(mask) : tf.ones([height * width]);
  });
  const values = Array.from(await mask.data());
  mask.dispose();
  return Array.from({ length: height }, (_, row) => values.slice(row * width, (row + 1) * width));
}
