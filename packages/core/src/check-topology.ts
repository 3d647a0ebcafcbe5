/**
 * Whether the graph in a saved model can be built. tfjs waits for a node's inputs in a loop that never ends where one
 * is missing or nodes read each other in a circle; model files are untrusted, so this is asked first.
 */
import { NeusimError } from '@neusim/registry';

interface SavedLayer {
  readonly name?: unknown;
  readonly config?: unknown;
  /** One entry a use of the layer: [layer name, node index, tensor index, ...] for each of its inputs. */
  readonly inbound_nodes?: unknown;
}

/** @throws NeusimError MODEL_CORRUPT naming the layers whose inputs can never be there. */
export function checkTopology(json: unknown): void {
  if (typeof json !== 'object' || json === null) return;
  for (const value of Object.values(json)) checkTopology(value);
  const layers = (json as { layers?: unknown }).layers;
  if (!Array.isArray(layers) || !layers.some((layer) => layer?.inbound_nodes)) return;
  const waiting = new Map(layers.map((layer: SavedLayer) => [String(layer.name), nodesOf(layer)]));
  // An input's own node is there, and so is that of a model inside the model.
  const first = (layer: SavedLayer) => (nodesOf(layer).length === 0 || isModel(layer) ? 1 : 0);
  const built = new Map(layers.map((layer: SavedLayer) => [String(layer.name), first(layer)]));
  for (let moved = true; moved; ) {
    moved = false;
    for (const [name, nodes] of waiting)
      while (nodes[0]?.every(([from, index]) => index < (built.get(from) ?? 0))) {
        nodes.shift();
        built.set(name, (built.get(name) ?? 0) + 1);
        moved = true;
      }
  }
  const stuck = [...waiting].filter(([, nodes]) => nodes.length > 0).map(([name]) => name);
  if (stuck.length > 0)
    throw new NeusimError('MODEL_CORRUPT', `the inputs of ${stuck.join(', ')} are not in the model`, {
      data: { layers: stuck },
      hint: 'The model file was altered, or written by something else.',
    });
}

function isModel({ config }: SavedLayer): boolean {
  return Array.isArray((config as { layers?: unknown } | undefined)?.layers);
}

function nodesOf({ inbound_nodes }: SavedLayer): [from: string, index: number][][] {
  if (!Array.isArray(inbound_nodes)) return [];
  return inbound_nodes.map((node) =>
    (Array.isArray(node) ? node : []).map((input) => [String(input?.[0]), Number(input?.[1])]),
  );
}
