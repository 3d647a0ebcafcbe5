// Every plug-in that a worker of the studio knows.
import wasm from '@neusim/backend-wasm';
import webgpu from '@neusim/backend-webgpu';
import core from '@neusim/core';
import hypernet from '@neusim/hypernet';
import masks from '@neusim/masks';
import models from '@neusim/models';
import { createRegistry } from '@neusim/registry';
import digits from '../data/digits';

export const makeRegistry = () => createRegistry(core, masks, hypernet, webgpu, wasm, models, digits);
