// Prints, as JSON, whether each operator passes every check on WebGPU: [["similarity inner-product", "yes"], …].
// A process of its own, for the adapter's environment; tools/features.mjs starts it.
//   node tools/webgpu-operators.mjs static-dns      one of them, and what was found of it
import webgpu from '@neusim/backend-webgpu';
import core, { startBackend } from '@neusim/core';
import hypernet from '@neusim/hypernet';
import masks from '@neusim/masks';
import { createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { every, measure, operators, referenceOf, small } from './operator-checks.mjs';

console.warn = () => {};
const registry = createRegistry(core, masks, hypernet, webgpu);
await registry.ready();
const wanted = process.argv.slice(2);
const chosen = () => operators(registry).filter(({ name }) => wanted.length === 0 || wanted.includes(name));
await startBackend(registry, 'cpu');
const references = [];
for (const operator of chosen()) references.push(await referenceOf(operator, small));
await startBackend(registry, 'webgpu');
tf.env().set('WEBGPU_CPU_FORWARD', false);
const marks = [];
for (const [i, operator] of chosen().entries()) {
  const found = await measure(registry, operator, references[i], small);
  if (wanted.length > 0) console.log(operator.name, found);
  marks.push([`${operator.kind} ${operator.name}`, every(found)]);
}
process.stdout.write(`${JSON.stringify(marks)}\n`);
// Dawn keeps a process alive.
process.exit(0);
