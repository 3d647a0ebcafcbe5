/**
 * Taps that read between the elements, at the same places everywhere, as the kernel of a larger window. Bilinear sampling at
 * constant offsets is a matrix B [K, R²] on a window of R² elements, so that Wᵀ·S(x) = (Bᵀ·W)ᵀ·x: a plain convolution
 * (method: §1).
 */
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { dilatedSize, type Geometry, type Pair } from '../geometry';
import type { NeuralSimilarityConv2D } from '../layers/neural-similarity-conv2d';

/** What a layer's convolution becomes. */
export interface Spread {
  /** [height, width] of the larger window, which has no dilation. */
  readonly kernelSize: Pair;
  readonly padding: 'same' | 'valid';
  /** Zeros around the map, [[top, bottom], [left, right]], where `padding` does not give them. */
  readonly zeros: readonly [Pair, Pair] | null;
  /** B [K, height·width] for each group of channels. */
  readonly matrices: readonly Float32Array[];
}

/** Offsets [groups·2K], and factors [groups·K] on what is read. */
interface Reads {
  readonly offsets: ArrayLike<number> | undefined;
  readonly modulation: ArrayLike<number> | undefined;
}

/**
 * How the layers spread whose taps read elsewhere than on their lattice.
 * @param fixed layers that are not dynamic.
 * @throws NeusimError FOLD_ASYNC on an engine whose values cannot be read at once.
 */
export function spreadsOf(fixed: readonly NeuralSimilarityConv2D[]) {
  const found = new Map<layers.Layer, Spread>();
  for (const layer of fixed) {
    const [offsets, modulation] = tapsOf(layer);
    const reads = {
      offsets: offsets && valuesOf(offsets, layer),
      modulation: modulation && valuesOf(modulation, layer),
    };
    if (offsets || modulation) found.set(layer, spreadOf(layer, reads));
  }
  return found;
}

function valuesOf(tensor: tf.Tensor, { name }: NeuralSimilarityConv2D): ArrayLike<number> {
  try {
    return tensor.dataSync();
  } catch (cause) {
    throw new NeusimError(
      'FOLD_ASYNC',
      `where the taps of layer ${name} read cannot be known at once on ${tf.getBackend()}`,
      { data: { layer: name, backend: tf.getBackend() }, hint: 'await foldModelAsync(model)', cause },
    );
  } finally {
    tensor.dispose();
  }
}

/** The same on every engine. */
export async function readSpreads(fixed: readonly NeuralSimilarityConv2D[]) {
  const found = new Map<layers.Layer, Spread>();
  for (const layer of fixed) {
    const [offsets, modulation] = tapsOf(layer);
    const reads = { offsets: await offsets?.data(), modulation: await modulation?.data() };
    tf.dispose([offsets, modulation]);
    if (offsets || modulation) found.set(layer, spreadOf(layer, reads));
  }
  return found;
}

/** The kernel of the larger window. @param w [kh,kw,C,F] with D and M in it. @returns [height,width,C,F]. */
export function spreadKernel(w: tf.Tensor4D, { kernelSize, matrices }: Spread): tf.Tensor4D {
  const [height, width] = kernelSize;
  const [, , , filters] = w.shape;
  const parts = tf.split(w, matrices.length, 2).map((part, group) => {
    const [kernelHeight, kernelWidth, channels] = part.shape as [number, number, number];
    const taps = kernelHeight * kernelWidth;
    const b = tf.tensor2d(matrices[group] as Float32Array, [taps, height * width]);
    const flat = tf.reshape(part, [taps, channels * filters]);
    return tf.reshape(tf.matMul(b, flat as tf.Tensor2D, true), [height, width, channels, filters]);
  });
  return tf.concat(parts, 2) as tf.Tensor4D;
}

/** Zeros around what a layer reads; null where the spread wants none. */
export function zeroPadding({ zeros }: Spread, layer: NeuralSimilarityConv2D): layers.Layer | null {
  if (!zeros) return null;
  const { dataFormat } = layer.getConfig() as { dataFormat: 'channelsFirst' | 'channelsLast' };
  const padding = zeros.map((pair) => [...pair]) as [[number, number], [number, number]];
  return layers.zeroPadding2d({ name: `${layer.name}_zeros`, padding, dataFormat });
}

function tapsOf(layer: NeuralSimilarityConv2D): [tf.Tensor | undefined, tf.Tensor | undefined] {
  return tf.tidy(() => {
    const { offsets, modulation } = layer.taps();
    // Copies: what is returned may be a weight.
    return [offsets && tf.clone(offsets), modulation && tf.clone(modulation)];
  }) as [tf.Tensor | undefined, tf.Tensor | undefined];
}

function spreadOf(layer: NeuralSimilarityConv2D, { offsets, modulation }: Reads): Spread {
  const config = layer.getConfig() as unknown as {
    readonly kernelSize: Pair;
    readonly strides: Pair;
    readonly padding: 'same' | 'valid';
    readonly dilationRate: Pair;
  };
  const { kernelSize: kernel, strides, padding } = config;
  const dilations = layer.shape.dilations ?? config.dilationRate;
  const taps = kernel[0] * kernel[1];
  const groups = offsets ? offsets.length / (2 * taps) : (modulation as ArrayLike<number>).length / taps;
  /** Where each tap of each group reads, from the first row and column of the window. */
  const places = Array.from({ length: groups * taps }, (_, i): Pair => {
    const [row, column] = [Math.floor((i % taps) / kernel[1]), i % kernel[1]];
    return [
      row * dilations[0] + (offsets?.[2 * i] ?? 0),
      column * dilations[1] + (offsets?.[2 * i + 1] ?? 0),
    ];
  });
  const g = geometryOf(layer);
  const window = both((axis) => dilatedSize(kernel[axis], dilations[axis]));
  const reach = both((axis) => reachOf(places, axis, window[axis], g));
  // tfjs shares the zeros of `same` between both sides: a window that grows by as much on each keeps its place.
  const isSame = padding === 'same' && window[0] >= strides[0] && window[1] >= strides[1];
  const grow = isSame ? both((axis): Pair => [Math.max(...reach[axis]), Math.max(...reach[axis])]) : reach;
  const kernelSize = both((axis) => window[axis] + grow[axis][0] + grow[axis][1]);
  const pad = isSame || padding === 'valid' ? both((): Pair => [0, 0]) : requireKnown(layer, g).pad;
  const zeros = both((axis): Pair => [pad[axis][0] + grow[axis][0], pad[axis][1] + grow[axis][1]]);
  return {
    kernelSize,
    padding: isSame ? 'same' : 'valid',
    zeros: isSame || zeros.flat().every((count) => count === 0) ? null : zeros,
    matrices: Array.from({ length: groups }, (_, group) => {
      const own = <T>(all: ArrayLike<T>) => Array.from(all).slice(group * taps, (group + 1) * taps);
      return matrixOf(own(places), modulation && own(modulation), [grow[0][0], grow[1][0]], kernelSize);
    }),
  };
}

const both = <T>(of: (axis: 0 | 1) => T): [T, T] => [of(0), of(1)];

/** How far the places reach beyond a window, [before, after]; what never meets the map does not count. */
function reachOf(places: readonly Pair[], axis: 0 | 1, window: number, g: Geometry | null): Pair {
  const reads = places.map((place) => place[axis]);
  const first = Math.min(...reads.map(Math.floor));
  const last = Math.max(...reads.map(Math.ceil));
  if (!g) return [Math.max(0, -first), Math.max(0, last - window + 1)];
  const [size, out] = axis === 0 ? [g.height, g.outHeight] : [g.width, g.outWidth];
  const before = (out - 1) * g.strides[axis] - g.pad[axis][0];
  const after = size + g.pad[axis][0] - window;
  return [Math.max(0, Math.min(-first, before)), Math.max(0, Math.min(last - window + 1, after))];
}

/** B [K, height·width]: the share of each element in what each tap reads. */
function matrixOf(
  places: readonly Pair[],
  factors: readonly number[] | undefined,
  [above, before]: Pair,
  [height, width]: Pair,
): Float32Array {
  const matrix = new Float32Array(places.length * height * width);
  for (const [tap, [y, x]] of places.entries()) {
    const [top, left] = [Math.floor(y), Math.floor(x)];
    for (const row of [top, top + 1])
      for (const column of [left, left + 1]) {
        const [i, j] = [row + above, column + before];
        if (i < 0 || i >= height || j < 0 || j >= width) continue;
        const share = (1 - Math.abs(y - row)) * (1 - Math.abs(x - column));
        matrix[(tap * height + i) * width + j] = share * (factors?.[tap] ?? 1);
      }
  }
  return matrix;
}

/** The layer's geometry, if it is used on maps of one known size. */
function geometryOf(layer: NeuralSimilarityConv2D): Geometry | null {
  const shapes = layer.inboundNodes.map(({ inputShapes }) => inputShapes[0] as (number | null)[]);
  const [shape] = shapes;
  if (!shape || shapes.some((other) => other.slice(1).join() !== shape.slice(1).join())) return null;
  return shape.slice(1).includes(null) ? null : layer.geometry(shape);
}

function requireKnown(layer: NeuralSimilarityConv2D, g: Geometry | null): Geometry {
  if (g) return g;
  throw new NeusimError(
    'LAYER_INPUT',
    `layer ${layer.name}, whose stride passes its window, folds on maps of one known size alone`,
    { data: { layer: layer.name }, hint: 'Give the input height and width.' },
  );
}
