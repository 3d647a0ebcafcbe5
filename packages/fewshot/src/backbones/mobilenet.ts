/**
 * MobileNet (Howard et al. 2017; v2: Sandler et al. 2018), trained on ImageNet by others, as a backbone. Nothing is downloaded: the network
 * is the user's, in either form that tfjs publishes it in, a LayersModel or the object of @tensorflow-models/mobilenet.
 * Its embedding is the average of its last map: 1024 features in v1 of width 1.
 */
import { NeusimError } from '@neusim/registry';
import type * as tf from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers,
  model as makeModel,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import { cutHead } from './cut-head';
import { frozenOn, requireFreezable } from './freeze-network';
import { functionBackbone } from './function-backbone';
import { ImageInput } from './image-input';

/** What `mobilenet.load()` of @tensorflow-models/mobilenet gives, as far as it is used here. */
export interface MobilenetObject {
  /** @param images [B,H,W,3] of 0..255. @returns [B,features] of its last map, with `embedding`. */
  infer(images: tf.Tensor4D, embedding?: boolean): tf.Tensor;
}

export interface MobilenetOptions {
  /** [height, width, channels] of one image as it comes: of any size, grey or in colour. */
  readonly inputShape: readonly number[];
  /** Lowest and highest value of its pixels; default [0, 1]. */
  readonly range?: readonly [number, number];
  /** Of a LayersModel: whose map is averaged. Default: the last activation of v1 (`conv_pw_13_relu`) or v2 (`out_relu`). */
  readonly layer?: string | undefined;
}

const LAST_ACTIVATIONS = ['conv_pw_13_relu', 'out_relu'];

/**
 * From images of any size to embeddings: resized to the network's own size (224×224), scaled to -1..1, grey ones in three
 * equal channels, through the network, which stays as it is in training too, to the average of a map. A LayersModel is taken
 * over: it is of no use afterwards; `mapOf` finds its map. An object keeps its weights, and is the caller's.
 *
 * To train its weights too, take the network as it is (`cutHead`), on images that are already of its size and range.
 * @throws NeusimError FEWSHOT_BACKBONE for a layer that is not there or gives no map, for images of neither 1 nor 3
 *   channels, and as `functionBackbone`.
 */
export function mobilenetBackbone(
  network: LayersModel | MobilenetObject,
  { inputShape, range = [0, 1], layer }: MobilenetOptions,
): LayersModel {
  const shape = requireImages(inputShape);
  if ('infer' in network) {
    const given = { size: [shape[0], shape[1]], from: range, to: [0, 255] } as const;
    const bytes = new ImageInput({ name: 'image_bytes', ...given });
    const embed = (images: tf.Tensor4D) => network.infer(bytes.apply(images) as tf.Tensor4D, true);
    return functionBackbone(embed, { inputShape: shape, name: 'mobilenet' });
  }
  requireFreezable(network);
  const part = upToMap(network, layer);
  const [height, width] = part.inputs[0]!.shape.slice(1, 3).map((size) => size ?? 224) as [number, number];
  const images = input({ name: 'image', shape });
  const prepared = new ImageInput({ name: 'image_input', size: [height, width], from: range, to: [-1, 1] });
  const map = frozenOn(prepared.apply(images) as SymbolicTensor, part);
  const pool = layers.globalAveragePooling2d({ name: 'embedding', dataFormat: 'channelsLast' });
  return makeModel({ name: 'mobilenet', inputs: images, outputs: pool.apply(map) as SymbolicTensor });
}

function requireImages(shape: readonly number[]): [number, number, number] {
  if (shape.length === 3 && [1, 3].includes(shape[2] as number)) return shape as [number, number, number];
  throw new NeusimError('FEWSHOT_BACKBONE', `MobileNet takes images [H,W,3] or [H,W,1], not [${shape}]`, {
    data: { inputShape: shape },
    hint: 'Give images that are grey or in colour.',
  });
}

function upToMap(network: LayersModel, layer: string | undefined): LayersModel {
  const names = network.layers.map(({ name }) => name);
  const wanted = layer ?? LAST_ACTIVATIONS.find((name) => names.includes(name));
  const refused = (what: string) =>
    new NeusimError('FEWSHOT_BACKBONE', `${network.name} ${what}`, {
      data: { layer: wanted, layers: names },
      hint: `Name the layer whose map is to be averaged, one of: ${names.join(', ')}`,
    });
  if (wanted === undefined) throw refused(`has neither of the layers ${LAST_ACTIVATIONS.join(' and ')}`);
  const found = network.layers.find(({ name }) => name === wanted);
  if (found && found.inboundNodes[0]?.outputTensors[0]?.rank !== 4)
    throw refused(`gives no map at '${wanted}'`);
  return cutHead(network, wanted);
}
