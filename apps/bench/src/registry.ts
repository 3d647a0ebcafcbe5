/** Every plug-in that the benchmarks use. */
import wasm from '@neusim/backend-wasm';
import webgpu from '@neusim/backend-webgpu';
import core from '@neusim/core';
import hypernet from '@neusim/hypernet';
import masks from '@neusim/masks';
import models from '@neusim/models';
import { createRegistry } from '@neusim/registry';

export const registry = createRegistry(core, masks, hypernet, models, wasm, webgpu);
