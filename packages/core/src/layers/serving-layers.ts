/** The layers of a network that serves another layer: a predictor's, or that of an operator. */
import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';

type Layer = layers.Layer;

/**
 * The layers between the first input of a layer and its other ones, in its first use; none where it has but one. A layer
 * that leads to the first input alone is not among them.
 */
export function servingLayers({ inboundNodes: [use] }: Layer): ReadonlySet<Layer> {
  const [x, ...steering] = use?.inputTensors ?? [];
  const before = x ? leadingTo([x], new Map()) : new Map<number, Layer>();
  return new Set(leadingTo(steering, before).values());
}

/** By a tensor's id the layer that it is of: of all that leads to `tensors`, but for what is known. */
function leadingTo(
  tensors: readonly SymbolicTensor[],
  known: ReadonlyMap<number, Layer>,
): ReadonlyMap<number, Layer> {
  const found = new Map<number, Layer>();
  const open = [...tensors];
  for (let tensor = open.pop(); tensor; tensor = open.pop()) {
    const { id, sourceLayer, nodeIndex } = tensor;
    if (found.has(id) || known.has(id)) continue;
    found.set(id, sourceLayer);
    open.push(...(sourceLayer.inboundNodes[nodeIndex]?.inputTensors ?? []));
  }
  return found;
}
