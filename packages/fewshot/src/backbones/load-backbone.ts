/** Saved networks that may have been made into backbones here. */
import { loadModel, registerLayer } from '@neusim/core';
import type { AnyRegistry } from '@neusim/registry';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { FrozenNorm } from './freeze-network';
import { ImageInput } from './image-input';

/** `loadModel` of core, which then knows the layers of frozen networks too. @throws NeusimError as it does. */
export function loadBackbone(
  registry: AnyRegistry,
  source: Parameters<typeof loadModel>[1],
): Promise<LayersModel> {
  for (const layer of [FrozenNorm, ImageInput]) registerLayer(layer);
  return loadModel(registry, source);
}
