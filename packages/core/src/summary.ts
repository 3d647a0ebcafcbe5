/** What a model costs: parameters and multiply-adds, layer by layer, for one image. */
import { NeusimError } from '@neusim/registry';
import type { LayersModel, layers, Shape, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { leafLayers } from './weights';

/** A layer that knows its multiply-adds for one image. */
export interface CountsMultiplyAdds {
  multiplyAdds(inputShape: Shape | Shape[]): number;
}

export interface SummaryRow {
  readonly name: string;
  readonly type: string;
  /** Without the batch; null where a size is open. */
  readonly outputShape: readonly (number | null)[];
  /** Trainable values. */
  readonly parameters: number;
  /** For one image; a layer used several times counts each use; null where the map's size is open. */
  readonly multiplyAdds: number | null;
}

const product = (shape: readonly (number | null)[]) => shape.reduce<number>((a, b) => a * (b ?? 1), 1);

/** One row a layer, in the model's order. */
export function summarize(model: LayersModel): SummaryRow[] {
  return leafLayers(model).map((layer) => {
    const uses = layer.inboundNodes;
    const output = uses[0]?.outputShapes[0] as Shape | undefined;
    return {
      name: layer.name,
      type: layer.getClassName(),
      outputShape: (output ?? []).slice(1),
      parameters: layer.trainableWeights.reduce((sum, w) => sum + product(w.shape), 0),
      multiplyAdds: uses.some(isOpen)
        ? null
        : uses.reduce((sum, node) => sum + ofOneUse(layer, node.inputTensors, node.outputShapes), 0),
    };
  });
}

function isOpen({ inputTensors, outputShapes }: Use): boolean {
  return [...inputTensors.map(({ shape }) => shape), outputShapes[0] as Shape].some((shape) =>
    shape.slice(1).includes(null),
  );
}

type Use = layers.Layer['inboundNodes'][number];

/**
 * Multiply-adds of a forward pass of one image: of convolutions, dense layers and similarities.
 * @throws NeusimError LAYER_INPUT where the size of a map is open.
 */
export function multiplyAdds(model: LayersModel): number {
  return summarize(model).reduce((sum, row) => {
    if (row.multiplyAdds !== null) return sum + row.multiplyAdds;
    throw new NeusimError(
      'LAYER_INPUT',
      `the cost of ${row.name} depends on the size of its map, which is open`,
      {
        data: { layer: row.name, outputShape: row.outputShape },
        hint: 'Give the model an input of known height and width.',
      },
    );
  }, 0);
}

function ofOneUse(layer: layers.Layer, inputs: SymbolicTensor[], outputs: Shape | Shape[]): number {
  const counts = (layer as unknown as Partial<CountsMultiplyAdds>).multiplyAdds;
  const shapes = inputs.map((input) => input.shape);
  if (counts) return counts.call(layer, shapes.length === 1 ? (shapes[0] as Shape) : shapes);
  const kernel = layer.weights.find((w) => /(^|\/)(kernel|depthwise_kernel)(_\d+)?$/.test(w.originalName));
  if (!kernel) return 0;
  const output = (Array.isArray(outputs[0]) ? outputs[0] : outputs) as Shape;
  if (kernel.shape.length === 2) return product(kernel.shape) * product(output.slice(1, -1));
  return kernel.shape.length === 4 ? product(kernel.shape) * product(output.slice(1, 3)) : 0;
}
