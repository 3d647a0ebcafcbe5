// What workers promise: with batch norm over the whole batch they give the losses of one worker to 1e-4 over 50 steps, and
// the same losses to the bit every time. On `nsn-cifar` with made-up images of ten classes; a few minutes on two cores.
//   node tools/prove-workers.mjs [--workers 1,2,2] [--model nsn-cifar] [--options '{"width":8}'] [--batch 32] [--steps 50]
import { parseArgs } from 'node:util';
import { build } from './setup.mjs';
import { root } from './shell.mjs';

const LARGEST_DIFFERENCE = 1e-4;

const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '1,2,2,3' },
    model: { type: 'string', default: 'nsn-cifar' },
    options: { type: 'string', default: '{"similarity":"dynamic-dns"}' },
    batch: { type: 'string', default: '32' },
    steps: { type: 'string', default: '50' },
    rate: { type: 'string', default: '0.01' },
    'own-statistics': { type: 'boolean', default: false },
  },
});
const failed = await build('neusim');
if (failed) process.exit(failed);

const load = (name) => import(new URL(`packages/${name}/dist/index.js`, `file://${root}/`).href);
const { train } = await load('train');
const { createRegistry } = await load('registry');
const [core, masks, hypernet, models, wasm] = await Promise.all(
  ['core', 'masks', 'hypernet', 'models', 'backend-wasm'].map(load),
);
const { enableProdMode } = await import('@tensorflow/tfjs-core');
enableProdMode();
const registry = createRegistry(core.default, masks.default, hypernet.default, models.default, wasm.default);
await core.startBackend(registry, 'wasm');

const side = values.model.endsWith('digits') ? 28 : 32;
const channels = side === 28 ? 1 : 3;
const batchSize = Number(values.batch);
const config = {
  seed: 1,
  dataset: 'waves',
  model: { name: values.model, ...JSON.parse(values.options) },
  steps: Number(values.steps),
  batchSize,
  normalize: 'unit',
  optimizer: { name: 'sgd', learningRate: Number(values.rate), momentum: 0.9 },
  syncBatchNorm: !values['own-statistics'],
  log: { every: 1 },
};
const dataset = {
  name: 'waves',
  shape: [side, side, channels],
  classes: Array.from({ length: 10 }, (_, i) => `wave ${i}`),
  train: waves(Math.max(1000, batchSize), 1),
  test: waves(100, 2),
};
const url = new URL('apps/cli/dist/train-worker.js', `file://${root}/`);

let wanted;
const seen = new Map();
let ok = true;
for (const workers of values.workers.split(',').map(Number)) {
  let result;
  for await (const event of train({ ...config, workers }, { registry, dataset, workers: { url } }))
    if (event.type === 'end') result = event.result;
  const losses = result.history.steps.map(({ loss }) => loss);
  wanted ??= losses;
  const difference = Math.max(...losses.map((loss, i) => Math.abs(loss - wanted[i])));
  const repeated = seen.has(workers) ? String(seen.get(workers)) === String(losses) : undefined;
  seen.set(workers, losses);
  const fits = difference <= LARGEST_DIFFERENCE || !config.syncBatchNorm;
  ok &&= fits && repeated !== false;
  const speed = `${result.trainImagesPerSecond.toFixed(1)} images/s`;
  const again = repeated === undefined ? '' : `, ${repeated ? 'bit for bit as before' : 'OTHER than before'}`;
  console.log(
    `${fits ? 'ok ' : 'NOT'} ${workers} workers: loss ${losses[0].toFixed(4)} to ${losses.at(-1).toFixed(4)}, at most ${difference.toExponential(1)} from the first${again}; ${speed}`,
  );
}
process.exitCode = ok ? 0 : 1;

/** Images whose class is the direction and length of a wave under noise. */
function waves(count, seed) {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
  const size = side * side * channels;
  const images = new Uint8Array(count * size);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 10);
  for (let i = 0; i < images.length; i++) {
    const label = labels[Math.floor(i / size)];
    const pixel = Math.floor((i % size) / channels);
    const [row, column] = [Math.floor(pixel / side), pixel % side];
    const angle = (label * Math.PI) / 10;
    const wave = Math.sin((row * Math.sin(angle) + column * Math.cos(angle)) * (0.4 + 0.05 * label));
    images[i] = 128 + 60 * wave + (next() - 128) / 4;
  }
  return { count, shape: [side, side, channels], images, labels };
}
