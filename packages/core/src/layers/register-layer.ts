/**
 * tfjs-layers keeps one table of classes for reading saved models. NeuSim's layers enter it when a registry or a
 * constructor first needs them, never on import.
 */
import { serialization } from '@tensorflow/tfjs-core';

type LayerClass = Parameters<typeof serialization.registerClass>[0] & { className: string };

const registered = new Map<string, LayerClass>();

/** Makes tfjs-layers know a layer class under its className. Does nothing the second time. */
export function registerLayer(layer: LayerClass): void {
  if (registered.get(layer.className) === layer) return;
  registered.set(layer.className, layer);
  serialization.registerClass(layer);
}
