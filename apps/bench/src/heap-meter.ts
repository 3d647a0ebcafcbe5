/**
 * What the tensors and the kernels' working memory take of the heap: every `malloc` and `free` of tfjs-wasm's module
 * that JavaScript or our kernels make is counted. The heap itself only grows, so its size says nothing about one of
 * several computations. What XNNPACK takes inside the module (packed weights) is not seen: figures of `stock` and
 * `foundation` are a little too small.
 */
import * as tf from '@tensorflow/tfjs-core';

export interface HeapMeter {
  /** Bytes taken now. */
  readonly live: number;
  /** The most bytes that were taken at once since `reset`. */
  readonly peak: number;
  reset(): void;
}

interface Module {
  asm: object;
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/** Counts from now on. To be called once, before our kernels are bound to the module's allocator. */
export function meterHeap(): HeapMeter {
  const { wasm: module } = tf.backend() as unknown as { wasm: Module };
  const { malloc, free } = module.asm as { malloc: Module['_malloc']; free: Module['_free'] };
  const sizes = new Map<number, number>();
  let live = 0;
  let peak = 0;
  const counted = {
    malloc(bytes: number): number {
      const address = malloc(bytes);
      if (address !== 0) {
        sizes.set(address >>> 0, bytes >>> 0);
        live += bytes >>> 0;
        peak = Math.max(peak, live);
      }
      return address;
    },
    free(address: number): void {
      live -= sizes.get(address >>> 0) ?? 0;
      sizes.delete(address >>> 0);
      free(address);
    },
  };
  module.asm = { ...module.asm, ...counted };
  module._malloc = counted.malloc;
  module._free = counted.free;
  return {
    get live() {
      return live;
    },
    get peak() {
      return peak;
    },
    reset() {
      peak = live;
    },
  };
}
