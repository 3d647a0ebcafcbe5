import * as wasm from '@neusim/backend-wasm';
import * as core from '@neusim/core';
import * as registry from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { trainALayer } from './train-a-layer.mjs';

console.log(JSON.stringify(await trainALayer({ tf, tfl, core, wasm, registry })));
