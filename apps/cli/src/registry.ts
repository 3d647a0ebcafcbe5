// Every plug-in the command line knows.

import native from '@neusim/backend-node-gpu';
import wasm from '@neusim/backend-wasm';
import webgpu from '@neusim/backend-webgpu';
import core from '@neusim/core';
import datasets from '@neusim/datasets';
import hypernet from '@neusim/hypernet';
import masks from '@neusim/masks';
import models from '@neusim/models';
import { createRegistry } from '@neusim/registry';
import digits from './digits-plugin';

export const makeRegistry = () =>
  createRegistry(core, masks, hypernet, wasm, webgpu, native, datasets, digits, models);
