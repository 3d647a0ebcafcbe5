/** What similarity layers are given while a model looks at images: their input, and what their predictors say. */
import {
  type Geometry,
  geometry,
  isModel,
  leafLayers,
  type NeuralSimilarityConv2D,
  type Role,
} from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import {
  type LayersModel,
  model as makeModel,
  type SymbolicTensor,
  type layers as tfLayers,
} from '@tensorflow/tfjs-layers';

export interface Seen {
  /** The layer's input for the first image, [1,H,W,C]; for the layers whose taps or response ask for it. */
  readonly x?: tf.Tensor4D | undefined;
  /** The predictor's output for all images, [B,H',W',channels]. */
  readonly z?: tf.Tensor | undefined;
}

type Layer = NeuralSimilarityConv2D;

/**
 * Of each layer in its first use; of one in a model inside, in the first use of that model. A layer that the images do not
 * reach is left out. The caller disposes (`disposeSeen`).
 */
export function seenBy(
  model: LayersModel,
  layers: readonly Layer[],
  images: tf.Tensor4D,
): Map<tfLayers.Layer, Seen> {
  const found = new Map<tfLayers.Layer, Seen>();
  tf.tidy(() => {
    look(model, [images], new Set(layers), found);
    return tensorsOf(found);
  });
  return found;
}

/** Adds to `found` what the layers `wanted` of a model are given, and those of the models inside it. */
function look(
  model: LayersModel,
  given: tf.Tensor[],
  wanted: ReadonlySet<tfLayers.Layer>,
  found: Map<tfLayers.Layer, Seen>,
): void {
  const own = model.layers.flatMap((layer) => {
    const use = wanted.has(layer) && !found.has(layer) && firstUse(model, layer);
    if (!use) return [];
    const similar = layer as Layer;
    const [x, z] = use.inputTensors;
    return {
      layer: similar,
      x: needsInput(similar) ? x : undefined,
      z: similar.similarity.source === 'predictor' ? z : undefined,
    };
  });
  const inside = model.layers.filter(isModel).flatMap((part) => {
    const use = leafLayers(part).some((layer) => wanted.has(layer)) && firstUse(model, part);
    return use ? { part, inputs: use.inputTensors } : [];
  });
  const outputs = [
    ...new Set([...own.flatMap(({ x, z }) => [x, z]), ...inside.flatMap(({ inputs }) => inputs)]),
  ].filter((each) => each !== undefined);
  if (outputs.length === 0) return;
  // Never disposed of: it has no weights of its own, and would free the model's.
  const inner = makeModel({ inputs: model.inputs, outputs });
  const all = [inner.apply(given.length === 1 ? (given[0] as tf.Tensor) : given)].flat() as tf.Tensor[];
  const of = (tensor: SymbolicTensor) => all[outputs.indexOf(tensor)] as tf.Tensor;
  // Copies: an input of the model's is the caller's tensor, and two layers may see the same.
  for (const { layer, x, z } of own)
    found.set(layer, { x: x && (firstOf(layer, of(x)).clone() as tf.Tensor4D), z: z && of(z).clone() });
  for (const { part, inputs } of inside) look(part, inputs.map(of), wanted, found);
}

/** The layer's first use in the model itself. What a model is made of comes before the uses of it. */
function firstUse(model: LayersModel, layer: tfLayers.Layer) {
  const known = new Set([...model.layers, ...leafLayers(model)]);
  return layer.inboundNodes.find(({ inputTensors }, index) =>
    inputTensors.every(
      (tensor) =>
        model.inputs.includes(tensor) || (!(isModel(layer) && index === 0) && known.has(tensor.sourceLayer)),
    ),
  );
}

const tensorsOf = (seen: ReadonlyMap<tfLayers.Layer, Seen>) =>
  [...seen.values()].flatMap(({ x, z }) => [x, z]).filter((each) => each !== undefined);

export function disposeSeen(seen: ReadonlyMap<tfLayers.Layer, Seen>): void {
  tf.dispose(tensorsOf(seen));
}

/** Whether what is told of a layer depends on its input itself, not only on what a predictor makes of it. */
function needsInput({ shape, similarity }: Layer): boolean {
  return shape.dynamic === true || similarity.respond !== undefined;
}

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
