// @neusim/backend-wasm: tfjs's WebAssembly backend, with kernels of our own for training.
import { strictOptions } from '@neusim/core';
import { define, plugin } from '@neusim/registry';
import * as v from 'valibot';
import { createWasm } from './wasm';

export { type Precision, setPrecision } from './kernels/winograd-tile';
export { createWasm, heapBytes, type WasmOptions } from './wasm';

const definition = define({
  kind: 'backend',
  name: 'wasm',
  version: '1.0.0',
  summary: 'WebAssembly with SIMD, in Node and browsers',
  options: strictOptions({ precision: v.optional(v.picklist(['direct', 'exact', 'fast']), 'exact') }),
  load: () => createWasm,
});

export default /* @__PURE__ */ plugin('@neusim/backend-wasm', '0.1.0', [definition]);
