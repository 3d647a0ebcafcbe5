/** What similarity layers are given while a model looks at images: their input, and what their predictors say. */
import { type Geometry, geometry, type NeuralSimilarityConv2D, type Role } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, model as makeModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';

export interface Seen {
  /** The layer's input for the first image, [1,H,W,C]; for the layers whose taps or response ask for it. */
  readonly x?: tf.Tensor4D | undefined;
  /** The predictor's output for all images, [B,H',W',channels]. */
  readonly z?: tf.Tensor | undefined;
}

type Layer = NeuralSimilarityConv2D;

/** By the layer's name; in its first use. The caller disposes (`disposeSeen`). */
export function seenBy(model: LayersModel, layers: readonly Layer[], images: tf.Tensor4D): Map<string, Seen> {
  const wanted = layers.map((layer) => ({
    layer,
    x: needsInput(layer) ? inputOf(layer, 0) : undefined,
    z: layer.similarity.source === 'predictor' ? inputOf(layer, 1) : undefined,
  }));
  const outputs = [...new Set(wanted.flatMap(({ x, z }) => [x, z].filter((each) => each !== undefined)))];
  if (outputs.length === 0) return new Map();
  // Never disposed of: it has no weights of its own, and would free the model's.
  const inner = makeModel({ inputs: model.inputs, outputs });
  const found = tf.tidy(() => {
    const all = [inner.apply(images)].flat() as tf.Tensor[];
    const of = (tensor: SymbolicTensor) => all[outputs.indexOf(tensor)] as tf.Tensor;
    // Copies: an input of the model's is the caller's tensor, and two layers may see the same.
    return wanted.map(({ layer, x, z }) => [
      ...(x ? [firstOf(layer, of(x)).clone()] : []),
      ...(z ? [of(z).clone()] : []),
    ]);
  });
  return new Map(
    wanted.map(({ layer, x, z }, index) => {
      const tensors = found[index] as tf.Tensor[];
      return [layer.name, { x: x && (tensors[0] as tf.Tensor4D), z: z && tensors.at(-1) }];
    }),
  );
}

export function disposeSeen(seen: ReadonlyMap<string, Seen>): void {
  for (const { x, z } of seen.values()) tf.dispose([...(x ? [x] : []), ...(z ? [z] : [])]);
}

/** Whether what is told of a layer depends on its input itself, not only on what a predictor makes of it. */
function needsInput({ shape, similarity }: Layer): boolean {
  return shape.dynamic === true || similarity.respond !== undefined;
}

const inputOf = (layer: Layer, index: 0 | 1) => layer.inboundNodes[0]?.inputTensors[index] as SymbolicTensor;

function firstOf(layer: Layer, x: tf.Tensor): tf.Tensor4D {
  const first = tf.slice(x, 0, 1) as tf.Tensor4D;
  return isChannelsFirst(layer) ? tf.transpose(first, [0, 2, 3, 1]) : first;
}

const isChannelsFirst = (layer: Layer) => layer.getConfig().dataFormat === 'channelsFirst';

/** The layer's weights of a role, in its order. */
export function weightsOf(layer: Layer, role: Role): tf.Tensor[] {
  return layer.weights
    .filter((weight) => layer.describeWeight(weight)?.role === role)
    .map((weight) => weight.read());
}

/** On a map of the window's size: what M and D depend on. */
export function windowOf(layer: Layer): Geometry {
  const [height, width, channels] = (weightsOf(layer, 'filter')[0] as tf.Tensor).shape as [
    number,
    number,
    number,
  ];
  return geometry([height, width, channels], [height, width]);
}

/** On the layer's own map; null where its size is open, and no image tells it. */
export function geometryOf(layer: Layer, { x }: Seen = {}): Geometry | null {
  const given = layer.inboundNodes[0]?.inputShapes[0] as (number | null)[];
  if (!given.slice(1).includes(null)) return layer.geometry(given as never);
  if (!x) return null;
  const [, height, width, channels] = x.shape;
  return layer.geometry(
    isChannelsFirst(layer) ? [null, channels, height, width] : [null, height, width, channels],
  );
}
