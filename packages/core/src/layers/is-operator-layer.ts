import type { layers } from '@tensorflow/tfjs-layers';
import type { OperatorConv2D } from './operator-conv2d';

/** Whether a layer belongs to an operator. */
export function isOperatorLayer<L extends layers.Layer>(layer: L): layer is L & OperatorConv2D {
  return typeof (layer as unknown as Partial<OperatorConv2D>).operator?.apply === 'function';
}
