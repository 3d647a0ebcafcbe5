/** Giving back the buffers that tfjs keeps for tensors to come. */
import type { Gpu } from './internals';

/** Frees every buffer that no tensor uses. */
export function trimBuffers(gpu: Gpu): void {
  const { bufferManager } = gpu;
  for (const [key, buffers] of bufferManager.freeBuffers) {
    for (const buffer of buffers) {
      bufferManager.numBytesAllocated -= buffer.size;
      bufferManager.numFreeBuffers--;
      buffer.destroy();
    }
    bufferManager.freeBuffers.set(key, []);
  }
}
