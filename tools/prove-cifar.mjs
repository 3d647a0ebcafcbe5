// What a fresh clone should show on real images, where NEUSIM_DATA names a folder with CIFAR-100:
//   NEUSIM_DATA=… node tools/prove-cifar.mjs [--steps 60] [--kill 35]
// `nsn-cifar` trains some steps of batch 16 and its loss falls; a second run is killed (SIGKILL) on the way, resumed,
// and ends with the same curve and the same weights, bit for bit. About ten minutes on one slow core.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './setup.mjs';
import { root } from './shell.mjs';

const { values } = parseArgs({
  options: { steps: { type: 'string', default: '60' }, kill: { type: 'string', default: '35' } },
});
if (!process.env.NEUSIM_DATA) {
  console.error('NEUSIM_DATA names no folder: give one with cifar-100/train.bin and test.bin in it.');
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'neusim-cifar-'));
const settings = [
  `steps=${values.steps}`,
  'batchSize=16',
  'log.every=1',
  'checkpoint.every=5',
  'dataset.limit.test=200',
];

function train(out, ...more) {
  const args = [
    'train',
    'nsn-cifar',
    '--dataset',
    'cifar-100',
    '--out',
    join(folder, out),
    '--seed',
    '4',
    ...more,
  ];
  const main = join(root, 'apps/cli/bin/neusim.js');
  return spawn(process.execPath, [main, ...args, ...settings.flatMap((s) => ['--set', s])], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

const ended = (child) =>
  new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code));
  });

async function killedAt(step) {
  const child = train('killed');
  const checkpoints = join(folder, 'killed', 'checkpoints');
  const timer = setInterval(() => {
    if (existsSync(checkpoints) && readdirSync(checkpoints).some((name) => name.includes(step)))
      child.kill('SIGKILL');
  }, 100);
  const how = await ended(child);
  clearInterval(timer);
  return how;
}

const result = (out) => JSON.parse(readFileSync(join(folder, out, 'result.json'), 'utf8'));
const weights = (out) => {
  const model = join(folder, out, 'model');
  return readFileSync(
    join(
      model,
      readdirSync(model).find((name) => name.endsWith('.bin')),
    ),
  );
};
const mean = (numbers) => numbers.reduce((a, b) => a + b, 0) / numbers.length;

const failed = await build('neusim');
if (failed) process.exit(failed);
const outcomes = [
  await ended(train('whole')),
  await killedAt(values.kill),
  await ended(train('killed', '--resume')),
];
const losses = result('whole').history.steps.map((step) => step.loss);
const checks = {
  'the runs ended 0, SIGKILL, 0': outcomes.join() === '0,SIGKILL,0',
  [`the loss fell: ${mean(losses.slice(0, 10)).toFixed(2)} over the first ten steps, ${mean(losses.slice(-10)).toFixed(2)} over the last`]:
    mean(losses.slice(-10)) < mean(losses.slice(0, 10)),
  'the resumed curve is the uninterrupted one':
    JSON.stringify(result('whole').history) === JSON.stringify(result('killed').history),
  'the resumed weights are the uninterrupted ones': weights('whole').equals(weights('killed')),
};
for (const [check, ok] of Object.entries(checks)) console.log(`${ok ? 'ok ' : 'NOT'} ${check}`);
rmSync(folder, { recursive: true });
process.exitCode = Object.values(checks).every(Boolean) ? 0 : 1;
