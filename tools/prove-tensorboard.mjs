// What the real TensorBoard reads of a run, against what the run says itself:
//   node tools/prove-tensorboard.mjs [--keep DIR]
// `cnn-digits` trains with --tensorboard, is killed (SIGKILL), an event is left half written, and it goes on
// to its end. TensorBoard's EventAccumulator has to give every scalar of events.jsonl, each once, as the nearest float.
// TensorBoard comes from PyPI into node_modules/.cache.
import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './setup.mjs';
import { root } from './shell.mjs';
import { findTensorBoard, readWithTensorBoard } from './tensorboard.mjs';

const { values } = parseArgs({ options: { keep: { type: 'string' } } });
const STEPS = 120;
const KILL_AT = 50;

const failed = await build('neusim');
if (failed) process.exit(failed);
const { python, missing } = await findTensorBoard();
if (!python) {
  console.error(missing);
  process.exit(2);
}

const out = values.keep ?? mkdtempSync(join(tmpdir(), 'neusim-tensorboard-'));
const logs = join(out, 'tensorboard');
const settings = [`steps=${STEPS}`, 'log.every=1', 'checkpoint.every=7', 'evaluation.every=40'];
const eventsOf = () =>
  readFileSync(join(out, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

async function train(...more) {
  const main = join(root, 'apps/cli/bin/neusim.js');
  const args = ['train', 'cnn-digits', '--out', out, '--tensorboard', '--backend', 'wasm', ...more];
  const child = spawn(process.execPath, [main, ...args, ...settings.flatMap((each) => ['--set', each])], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const timer = setInterval(() => {
    try {
      if (!more.includes('--resume') && eventsOf().some(({ step }) => step >= KILL_AT)) child.kill('SIGKILL');
    } catch {
      // Not there yet.
    }
  }, 20);
  const how = await new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
  clearInterval(timer);
  return how;
}

const ended = [await train()];
const first = join(logs, readdirSync(logs)[0]);
// What leads to a checkpoint is in the file before it: a kill cuts the event after at most.
appendFileSync(first, readFileSync(first).subarray(0, 20));
ended.push(await train('--resume'));

const told = eventsOf();
const of = (type, key) =>
  told
    .filter((event) => event.type === type && typeof event[key] === 'number')
    .map((event) => [event.step, Math.fround(event[key])]);
const wanted = {
  'train/loss': of('step', 'loss'),
  'train/learning_rate': of('step', 'learningRate'),
  'train/images_per_second': of('step', 'imagesPerSecond'),
  'train/loading_share': of('step', 'loading'),
  'test/error_top1': of('evaluation', 'testError'),
  'test/error_top5': of('evaluation', 'top5Error'),
  'test/loss': of('evaluation', 'loss'),
};
const met = await readWithTensorBoard(python, logs);
const checks = {
  'the runs ended SIGKILL, 0': ended.join() === 'SIGKILL,0',
  'two event files, the first cut short': readdirSync(logs).length === 2,
  [`the config is there as text (${met.texts.config?.length} times) and as ${Object.keys(met.settings).length} hyperparameters`]:
    met.texts.config?.[0][1].includes('| steps | `120` |') && met.settings.steps === STEPS,
  'no other scalars': Object.keys(met.scalars).sort().join() === Object.keys(wanted).sort().join(),
};
for (const [tag, points] of Object.entries(wanted))
  checks[`${tag}: ${points.length} points, each once and equal`] =
    points.length > 0 && JSON.stringify(points) === JSON.stringify(met.scalars[tag]);
for (const [check, ok] of Object.entries(checks)) console.log(`${ok ? 'ok ' : 'NOT'} ${check}`);
if (!values.keep) rmSync(out, { recursive: true });
process.exitCode = Object.values(checks).every(Boolean) ? 0 : 1;
