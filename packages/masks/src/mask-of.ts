/** The taps that a layer's kernel has at present, for reports and plots. */
import { geometry, type NeuralSimilarityConv2D } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';

/**
 * The 0/1 pattern of a layer's window, as rows: [kernelHeight][kernelWidth]. All ones where its shape masks nothing.
 * @throws NeusimError LAYER_INPUT where the layer has not been applied to anything yet.
 */
export async function maskOf(layer: NeuralSimilarityConv2D): Promise<number[][]> {
  const ofRole = (role: string) =>
    layer.weights.filter((weight) => layer.describeWeight(weight)?.role === role);
  const [kernel] = ofRole('filter');
  if (!kernel)
    throw new NeusimError('LAYER_INPUT', `layer ${layer.name} has no weights yet`, {
      data: { layer: layer.name },
      hint: 'Apply it to an input first.',
    });
  const [height, width, channels] = kernel.shape as [number, number, number];
  const g = geometry([height, width, channels], [height, width]);
  const weights = ofRole('shape').map((weight) => weight.read());
  const mask = tf.tidy(() => {
    const { mask } = layer.shape.taps?.(weights, g) ?? {};
    return mask ? tf.clone(mask) : tf.ones([g.taps]);
  });
  const values = Array.from(await mask.data());
  mask.dispose();
  return Array.from({ length: height }, (_, row) => values.slice(row * width, (row + 1) * width));
}
