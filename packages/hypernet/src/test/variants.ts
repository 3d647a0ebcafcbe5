/** Which of the odd shapes an engine is tried on: CI's software adapter for WebGPU takes a second or more for each. */
import { type LayerVariant, layerVariants } from '@neusim/testing';

/** @param few on WebGPU none. */
export function variantsFor(engine: string, inputShape: readonly number[], few = false): LayerVariant[] {
  if (engine !== 'webgpu') return layerVariants(inputShape);
  const [, , ...channels] = inputShape;
  const named = few ? /^$/ : /batch 0|stride 2x1 dil/;
  return layerVariants([4, 3, ...channels]).filter(({ name }) => named.test(name));
}
