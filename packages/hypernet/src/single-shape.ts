import type { Shape } from '@tensorflow/tfjs-layers';

/** The shape of a layer's one input, which tfjs gives alone or in a list. */
export function single(inputShape: Shape | Shape[]): Shape {
  return (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as Shape;
}
