// @neusim/backend-webgpu in Node: WebGPU by Dawn, from the package `webgpu`.
import { findGpu } from './gpu/node';
import { webgpuPlugin } from './plugin';

export default /* @__PURE__ */ webgpuPlugin(findGpu);

export * as tuning from './tuning';
