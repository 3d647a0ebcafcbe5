// tfjs-core alone has no gradients in Node: it is tfjs-layers that registers them, which core brings in by itself.
const tf = require('@tensorflow/tfjs-core');
const core = require('@neusim/core');
const wasm = require('@neusim/backend-wasm');
const registry = require('@neusim/registry');
const tfl = require('@tensorflow/tfjs-layers');
const { trainALayer } = require('./train-a-layer.mjs');

trainALayer({ tf, tfl, core, wasm, registry }).then(
  (found) => console.log(JSON.stringify(found)),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
