/**
 * Singular values of a layer's matrices: the kernel W as [K·C, F] (tap by tap, the channels of each together), the M that
 * is learned with it, and W_eff, which is what the input is compared with. The paper's claim (§7: learning M with W tends
 * to a low nuclear norm) is about the last.
 */
import { foldSimilarity, NeuralSimilarityConv2D } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { type Seen, weightsOf, windowOf } from './seen';
import { figuresOf, hasSpectrum, type Spectrum, spectrumOf } from './spectrum';

export interface LayerSpectra {
  /** W; null where it is too large (`hasSpectrum`), or not finite. */
  readonly kernel: Spectrum | null;
  /** A static M: of groups, all of their values; null where M is no weight, and as above. */
  readonly matrix: Spectrum | null;
  /** W_eff; null where it is W itself, and as above. */
  readonly effective: Spectrum | null;
  /** Whose W_eff it is: that of every input, or the mean over the positions of the image. */
  readonly of: 'every input' | 'the mean M' | null;
}

/** @returns null for a layer whose weight is no convolution's kernel, and no matrix. */
export async function layerSpectra(layer: layers.Layer, seen: Seen = {}): Promise<LayerSpectra | null> {
  const kernel = layer instanceof NeuralSimilarityConv2D ? weightsOf(layer, 'filter')[0] : plainKernel(layer);
  if (!kernel) return null;
  const of = { kernel: await kernelSpectrum(kernel), matrix: null, effective: null, of: null };
  if (!(layer instanceof NeuralSimilarityConv2D)) return of;
  const effective = tf.tidy(() => effectiveKernel(layer, seen)?.clone() ?? []) as tf.Tensor | [];
  if (Array.isArray(effective)) return { ...of, matrix: await matrixSpectrum(layer) };
  try {
    return {
      ...of,
      matrix: await matrixSpectrum(layer),
      effective: await kernelSpectrum(effective),
      of: layer.similarity.source === 'predictor' ? 'the mean M' : 'every input',
    };
  } finally {
    effective.dispose();
  }
}

/** Of tfjs's own convolutions and dense layers. */
function plainKernel(layer: layers.Layer): tf.Tensor | undefined {
  if (!['Conv2D', 'Dense'].includes(layer.getClassName())) return undefined;
  return layer.weights.find(({ originalName }) => /(^|\/)kernel$/.test(originalName))?.read();
}

/** [kh,kw,C,F]; null where it is the kernel as it is, or cannot be told without an image. */
function effectiveKernel(layer: NeuralSimilarityConv2D, { x, z }: Seen): tf.Tensor4D | null {
  const { similarity, shape } = layer;
  if (shape.dynamic && !x) return null;
  const taps = layer.taps(x);
  if (similarity.source !== 'predictor') {
    const isKernel = similarity.source === 'none' && !similarity.fold && !taps.mask;
    return isKernel ? null : layer.comparison(undefined, taps).w;
  }
  if (!z) return null;
  const { w, m } = layer.comparison(tf.slice(z, 0, 1), taps);
  return foldSimilarity(w, m && tf.mean(m, [0, 1, 2]));
}

async function kernelSpectrum(kernel: tf.Tensor): Promise<Spectrum | null> {
  const columns = kernel.shape.at(-1) as number;
  const rows = kernel.size / columns;
  return hasSpectrum(rows, columns) ? spectrumOf(await kernel.data(), rows, columns) : null;
}

async function matrixSpectrum(layer: NeuralSimilarityConv2D): Promise<Spectrum | null> {
  const { similarity } = layer;
  if (similarity.source !== 'parameter') return null;
  const m = tf.tidy(() =>
    (similarity.toM(weightsOf(layer, 'similarity')[0], windowOf(layer)) as tf.Tensor).clone(),
  );
  const values = await m.data();
  const { shape } = m;
  m.dispose();
  if (shape.length === 1) {
    const sizes = [...values].map(Math.abs);
    return sizes.every(Number.isFinite) ? figuresOf(sizes, sizes.length, sizes.length) : null;
  }
  const side = shape.at(-1) as number;
  const groups = values.length / side ** 2;
  const all: number[] = [];
  for (let group = 0; group < groups; group++) {
    const block = values.subarray(group * side ** 2, (group + 1) * side ** 2);
    const found = await spectrumOf(block, side, side);
    if (!found) return null;
    all.push(...found.values);
  }
  return figuresOf(all, groups * side, groups * side);
}
