// @neusim/backend-webgpu in a browser: WebGPU as the page has it.
import { findGpu } from './gpu/page';
import { webgpuPlugin } from './plugin';

export default /* @__PURE__ */ webgpuPlugin(findGpu);
