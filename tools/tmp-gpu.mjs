import webgpu from '@neusim/backend-webgpu';
import core, { startBackend } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { every, measure, operators } from './operator-checks.mjs';
console.warn = () => {};
const registry = createRegistry(core, webgpu);
await registry.ready();
await startBackend(registry, 'webgpu');
tf.env().set('WEBGPU_CPU_FORWARD', false);
const want = process.argv.slice(2);
for (const operator of operators(registry)) {
  if (operator.kind !== 'similarity') continue;
  if (want.length && !want.includes(operator.name)) continue;
  const b = tf.backend();
  const n0 = Object.keys(b.pipelineCache ?? {}).length, t0 = performance.now(), c0=process.cpuUsage().user;
  const r = await measure(registry, operator);
  console.log(operator.name, every(r), ((performance.now() - t0)/1e3).toFixed(1), 's', ((process.cpuUsage().user-c0)/1e6).toFixed(1),'cpu s', Object.keys(b.pipelineCache ?? {}).length - n0, 'pipelines');
}
process.exit(0);
