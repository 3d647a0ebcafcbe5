// Every plug-in the command line knows: its own, and those that the user names.

import native from '@neusim/backend-node-gpu';
import wasm from '@neusim/backend-wasm';
import webgpu from '@neusim/backend-webgpu';
import core from '@neusim/core';
import datasets from '@neusim/datasets';
import fewshot from '@neusim/fewshot';
import hypernet from '@neusim/hypernet';
import masks from '@neusim/masks';
import models from '@neusim/models';
import { type AnyRegistry, createRegistry } from '@neusim/registry';
import digits from './digits-plugin';
import { importPlugin } from './plugins/import-plugin';

/** Ours alone. */
export const makeRegistry = () =>
  createRegistry(core, masks, hypernet, wasm, webgpu, native, datasets, digits, models, fewshot);

/**
 * Ours and the user's.
 * @param urls of the user's modules, as `openPlugins` finds them. They are imported: their code runs.
 * @throws NeusimError `PLUGIN_FAILED`, `PLUGIN_INVALID`, and for a plug-in that does not fit the others
 *   `REGISTRY_NAME_TAKEN`, `REGISTRY_PLUGIN_TWICE`, `REGISTRY_VERSION` and the rest that `createRegistry` lists
 */
export async function openRegistry(urls: readonly string[] = []): Promise<AnyRegistry> {
  const registry = makeRegistry();
  if (urls.length === 0) return registry;
  const plugins = [];
  for (const url of urls) plugins.push(...(await importPlugin(url)));
  return registry.fork(...plugins);
}
