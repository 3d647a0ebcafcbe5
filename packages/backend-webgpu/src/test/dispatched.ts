/** What a test is to know of a call on WebGPU: which programs ran. */
import { listen } from '../engine/encode';
import { currentGpu } from '../webgpu';

/**
 * Names of the programs that `f` dispatches, in order: a kernel of ours by its own name (`NeusimReluGrad`), one of
 * tfjs's by its class (`BinaryOpProgram`). Nobody else may listen meanwhile.
 * @param f what it returns, disposed by the caller, is not waited for.
 */
export function dispatchedKernels(f: () => unknown): string[] {
  const gpu = currentGpu();
  const names: string[] = [];
  listen(gpu, { dispatched: ({ name }) => names.push(name) });
  try {
    f();
  } finally {
    listen(gpu, null);
  }
  return names;
}
