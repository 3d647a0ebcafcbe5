// Prints, as JSON, whether each operator passes every check on WebGPU: `["yes", …]` in the order of `operators`.
// A process of its own, for the adapter's environment; tools/features.mjs starts it.
import webgpu from '@neusim/backend-webgpu';
import core, { startBackend } from '@neusim/core';
import hypernet from '@neusim/hypernet';
import masks from '@neusim/masks';
import { createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { every, measure, operators } from './operator-checks.mjs';

console.warn = () => {};
const registry = createRegistry(core, masks, hypernet, webgpu);
await registry.ready();
await startBackend(registry, 'webgpu');
tf.env().set('WEBGPU_CPU_FORWARD', false);
const marks = [];
for (const operator of operators(registry)) marks.push(every(await measure(registry, operator)));
process.stdout.write(`${JSON.stringify(marks)}\n`);
// Dawn keeps a process alive.
process.exit(0);
