// @neusim/backend-node-gpu: libtensorflow as an engine, on an NVIDIA GPU and on the CPU, through tfjs-node.
import { define, noOptions, plugin } from '@neusim/registry';
import { nativeBackend } from './native-backend';
import { cpuPackage, gpuPackage } from './packages';

/** libtensorflow on an NVIDIA GPU: the package @tensorflow/tfjs-node-gpu. */
export const nodeGpu = /* @__PURE__ */ nativeBackend(gpuPackage);

/** libtensorflow on the CPU, with all its cores: the package @tensorflow/tfjs-node. */
export const node = /* @__PURE__ */ nativeBackend(cpuPackage);

const nodeGpuDefinition = define({
  kind: 'backend',
  name: 'node-gpu',
  version: '1.0.0',
  summary: 'libtensorflow on an NVIDIA GPU, in Node with @tensorflow/tfjs-node-gpu',
  options: noOptions,
  load: () => () => nodeGpu,
});

const nodeDefinition = define({
  kind: 'backend',
  name: 'node',
  version: '1.0.0',
  summary: 'libtensorflow on the CPU, in Node with @tensorflow/tfjs-node',
  options: noOptions,
  load: () => () => node,
});

export default /* @__PURE__ */ plugin('@neusim/backend-node-gpu', '0.1.0', [
  nodeGpuDefinition,
  nodeDefinition,
]);
