/**
 * tfjs's WebAssembly backend as an engine: whether it runs here, and starting it with the kernels that it lacks, or
 * has slowly or wrongly.
 */
import { type Backend, type Probe, setMemoryLimit } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { kernels } from './kernels';
import { type Precision, setPrecision } from './kernels/winograd-tile';
import { hasRelaxedSimd } from './native/binary';
import { loadNative, prepareNative } from './native/native';
import { install } from './override';

/** A WebAssembly heap ends at 4 GiB. */
const HEAP_BYTES = 4 * 2 ** 30;

const load = () => import('@tensorflow/tfjs-backend-wasm');

let started = false;

export interface WasmOptions {
  /** How plain 3×3 convolutions are computed, from the start of the engine on; default `exact`. */
  readonly precision?: Precision;
}

/** The engine of the backend `wasm`. */
export const createWasm = ({ precision = 'exact' }: WasmOptions = {}): Backend => ({
  priority: 20,

  async probe(): Promise<Probe> {
    if (typeof WebAssembly === 'undefined')
      return { available: false, adapter: '', reason: 'this JavaScript engine has no WebAssembly' };
    if (typeof DecompressionStream === 'undefined')
      return { available: false, adapter: '', reason: 'this JavaScript engine has no DecompressionStream' };
    try {
      await load();
    } catch {
      return { available: false, adapter: '', reason: 'install @tensorflow/tfjs-backend-wasm' };
    }
    const [simd, threads] = await Promise.all([
      tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'),
      tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT'),
    ]);
    if (!simd)
      return { available: false, adapter: '', reason: 'this JavaScript engine has no WebAssembly SIMD' };
    const adapter = hasRelaxedSimd() ? 'WebAssembly relaxed SIMD' : 'WebAssembly SIMD';
    return threads
      ? {
          available: true,
          adapter: `${adapter}, threads`,
          reason: 'SIMD, and the page is cross-origin isolated',
        }
      : { available: true, adapter, reason: 'SIMD, one thread' };
  },

  async start(): Promise<void> {
    try {
      await load();
    } catch (cause) {
      throw new NeusimError('BACKEND_MISSING', 'the package @tensorflow/tfjs-backend-wasm is not installed', {
        data: { backend: 'wasm', package: '@tensorflow/tfjs-backend-wasm' },
        hint: 'npm install @tensorflow/tfjs-backend-wasm',
        cause,
      });
    }
    await loadNative();
    setPrecision(precision);
    if (started) return;
    started = true;
    for (const kernel of kernels) install(kernel);
    setMemoryLimit('wasm', HEAP_BYTES, heapBytes);
    if (await tf.setBackend('wasm').catch(() => false)) await prepareNative(tf.backend() as BackendWasm);
  },
});

/** Bytes of the WebAssembly heap of tfjs's backend `wasm`, which grows and never shrinks; 0 before it has started. */
export function heapBytes(): number {
  const backend = tf.findBackend('wasm') as { wasm?: { HEAPU8: Uint8Array } } | null;
  return backend?.wasm?.HEAPU8.buffer.byteLength ?? 0;
}
