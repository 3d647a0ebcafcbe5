// What the demo promises: every network ends below 4 % test error, and the whole of it takes less than three minutes on
// two cores.
//   node tools/prove-demo.mjs [--seed 1]
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './setup.mjs';
import { root } from './shell.mjs';

const LARGEST_ERROR = 4;
const MOST_SECONDS = 180;

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' } } });
const failed = await build('neusim');
if (failed) process.exit(failed);

const out = mkdtempSync(join(tmpdir(), 'neusim-demo-'));
try {
  const started = performance.now();
  const args = [join(root, 'apps/cli/bin/neusim.js'), 'demo', '--seed', values.seed, '--out', out];
  const demo = spawn(process.execPath, args, { stdio: 'inherit' });
  const how = await new Promise((resolve) => {
    demo.once('exit', (code, signal) => resolve(signal ?? code));
  });
  const seconds = Math.round((performance.now() - started) / 1000);
  const rows = how === 0 ? JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')).rows : [];
  const checks = [
    [`the demo ended with ${how}`, how === 0],
    [`${rows.length} networks of 3`, rows.length === 3],
    ...rows.map(({ name, testError }) => [`${name}: ${testError} % test error`, testError < LARGEST_ERROR]),
    [`${seconds} s`, seconds < MOST_SECONDS],
  ];
  for (const [check, ok] of checks) console.log(`${ok ? 'ok ' : 'NOT'} ${check}`);
  process.exitCode = checks.every(([, ok]) => ok) ? 0 : 1;
} finally {
  rmSync(out, { recursive: true });
}
