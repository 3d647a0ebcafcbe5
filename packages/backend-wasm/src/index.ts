// @neusim/backend-wasm: tfjs's WebAssembly backend, started with fast and right kernels for training.
import { define, noOptions, plugin } from '@neusim/registry';
import { wasm } from './wasm';

export { type Precision, setPrecision } from './kernels/winograd-tile';
export { heapBytes, wasm } from './wasm';

const definition = define({
  kind: 'backend',
  name: 'wasm',
  version: '1.0.0',
  summary: 'WebAssembly with SIMD, in Node and browsers',
  options: noOptions,
  load: () => () => wasm,
});

export default /* @__PURE__ */ plugin('@neusim/backend-wasm', '0.1.0', [definition]);
