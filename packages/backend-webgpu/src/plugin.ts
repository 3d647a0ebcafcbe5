/** The plug-in, given where its platform has WebGPU. */
import { define, noOptions, plugin } from '@neusim/registry';
import type { FoundGpu } from './gpu/page';
import { webgpuBackend } from './webgpu';

export function webgpuPlugin(findGpu: () => Promise<FoundGpu>) {
  const definition = define({
    kind: 'backend',
    name: 'webgpu',
    version: '1.0.0',
    summary: 'WebGPU: GPUs of every maker, in browsers and in Node',
    options: noOptions,
    load: () => () => webgpuBackend(findGpu),
  });
  return plugin('@neusim/backend-webgpu', '0.1.0', [definition]);
}
