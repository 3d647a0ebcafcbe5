/** Where the taps of a layer read in given images, as plain numbers: for pictures of learned shapes. */
import type { Geometry, NeuralSimilarityConv2D } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, model as makeModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';

/** What the taps of one layer read, position by position. Numbers are plain, so that it can be saved and posted. */
export interface Sampling {
  readonly layer: string;
  /** [height, width] of the map that the layer reads. */
  readonly map: readonly [number, number];
  /**
   * [B, H', W', G, K], for images, rows and columns of the layer's output, groups of input channels that read at places of their
   * own (1 where all read at the same), and taps, row-major over the window.
   */
  readonly shape: readonly [number, number, number, number, number];
  /**
   * (y, x) of every tap, [B, H', W', G, K, 2], in elements of the layer's map: (0, 0) is the middle of its first element.
   * Places outside read zeros.
   */
  readonly places: Float32Array;
  /** Factor on what every tap reads, [B, H', W', G, K]; null where nothing is weighted. */
  readonly modulation: Float32Array | null;
  /** D, [K]; null where every tap exists. */
  readonly mask: Float32Array | null;
}

/**
 * Where the taps of a layer read.
 * @param model the layer's own, not one around it.
 * @param layer where it is used several times, its first use counts.
 * @param images [B, height, width, channels] as the model takes them, normalised as in training.
 * @throws NeusimError LAYER_INPUT where the layer is no part of the model.
 */
export async function samplingOf(
  model: LayersModel,
  layer: NeuralSimilarityConv2D,
  images: tf.Tensor4D,
): Promise<Sampling> {
  const input = layer.inboundNodes[0]?.inputTensors[0];
  if (!input || !model.layers.includes(layer))
    throw new NeusimError('LAYER_INPUT', `layer ${layer.name} is not one of the model ${model.name}`, {
      data: { layer: layer.name, model: model.name, layers: model.layers.map(({ name }) => name) },
      hint: 'Give the model that the layer was applied in; of a model within a model, the inner one.',
    });
  const x = tf.tidy(() => tf.clone(inputOf(model, input, images)));
  const g = layer.geometry(x.shape);
  const [batch] = x.shape;
  const taps = tf.tidy(() => {
    const { offsets, modulation, mask } = layer.taps(channelsLast(x, layer));
    const everywhere = (tensor: tf.Tensor4D | undefined) =>
      tensor && tf.broadcastTo(tensor, [batch, g.outHeight, g.outWidth, tensor.shape[3]]);
    // Copies: what is returned may be a weight.
    return [everywhere(offsets), everywhere(modulation), mask].map((tensor) => tensor && tf.clone(tensor));
  }) as (tf.Tensor | undefined)[];
  x.dispose();
  const [offsets = null, modulation = null, mask = null] = await Promise.all(taps.map(read));
  const positions = batch * g.outHeight * g.outWidth;
  const perTap = offsets ? offsets.length / 2 : (modulation?.length ?? positions * g.taps);
  const shape = [batch, g.outHeight, g.outWidth, perTap / (positions * g.taps), g.taps] as const;
  return {
    layer: layer.name,
    map: [g.height, g.width],
    shape,
    places: placesOf(shape, g, offsets),
    modulation,
    mask,
  };
}

/** The lattice moved by offsets [B,H',W',G·2K]. */
function placesOf(
  [batch, height, width, groups, taps]: Sampling['shape'],
  g: Geometry,
  offsets: Float32Array | null,
): Float32Array {
  const places = new Float32Array(2 * batch * height * width * groups * taps);
  for (let i = 0; i < places.length / 2; i++) {
    const tap = i % taps;
    const position = Math.floor(i / (taps * groups));
    const [row, column] = [Math.floor(position / width) % height, position % width];
    const [down, right] = [Math.floor(tap / g.kernelWidth), tap % g.kernelWidth];
    places[2 * i] = row * g.strides[0] - g.pad[0][0] + down * g.dilations[0] + (offsets?.[2 * i] ?? 0);
    places[2 * i + 1] =
      column * g.strides[1] - g.pad[1][0] + right * g.dilations[1] + (offsets?.[2 * i + 1] ?? 0);
  }
  return places;
}

function inputOf(model: LayersModel, input: SymbolicTensor, images: tf.Tensor4D): tf.Tensor4D {
  if (model.inputs.some(({ id }) => id === input.id)) return images;
  // Never disposed of: it has no weights of its own, and would free the model's.
  const inner = makeModel({ inputs: model.inputs, outputs: input });
  return inner.predict(images) as tf.Tensor4D;
}

function channelsLast(x: tf.Tensor4D, layer: NeuralSimilarityConv2D): tf.Tensor4D {
  return layer.getConfig().dataFormat === 'channelsFirst' ? tf.transpose(x, [0, 2, 3, 1]) : x;
}

/** The values of a tensor, which is disposed of. */
async function read(tensor: tf.Tensor | undefined): Promise<Float32Array | null> {
  if (!tensor) return null;
  const values = await tensor.data<'float32'>();
  tensor.dispose();
  return values;
}
