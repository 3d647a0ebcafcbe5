// Starting an engine in a worker of the studio, and what it takes on the device.
import { heapBytes } from '@neusim/backend-wasm';
import { startBackend } from '@neusim/core';
import type { AnyRegistry } from '@neusim/registry';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plain from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm?url';
import * as tf from '@tensorflow/tfjs-core';

/** @throws NeusimError what `startBackend` of `@neusim/core` throws. */
export function startEngine(registry: AnyRegistry, name: string) {
  tf.enableProdMode();
  setWasmPaths({
    'tfjs-backend-wasm.wasm': plain,
    'tfjs-backend-wasm-simd.wasm': simd,
    'tfjs-backend-wasm-threaded-simd.wasm': threaded,
  });
  return startBackend(registry, name);
}

/** Bytes that the running engine holds: buffers on the GPU, kept ones too; the WebAssembly heap; or all tensors. */
export function deviceBytes(): number {
  if (tf.getBackend() === 'wasm') return heapBytes();
  const memory = tf.memory() as tf.MemoryInfo & { readonly numBytesAllocatedInGPU?: number };
  return memory.numBytesAllocatedInGPU ?? memory.numBytes;
}
