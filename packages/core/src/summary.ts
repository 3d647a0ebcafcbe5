/** What a model costs: parameters and multiply-adds, layer by layer, for one image. */
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
  /** For one image; a layer used several times counts each use. */
  readonly multiplyAdds: number;
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
      multiplyAdds: uses.reduce(
        (sum, node) => sum + ofOneUse(layer, node.inputTensors, node.outputShapes),
        0,
      ),
    };
  });
}

/** Multiply-adds of a forward pass of one image: of convolutions, dense layers and similarities. */
export function multiplyAdds(model: LayersModel): number {
  return summarize(model).reduce((sum, row) => sum + row.multiplyAdds, 0);
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
