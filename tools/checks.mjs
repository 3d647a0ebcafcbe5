// `npm test`: every check in order, each under a heading with its time, stopping at the first that fails.
//   npm test                              all
//   npm test -- --only types,lint         some
//   npm test -- packages/core -t fold     what vitest takes: the tests alone
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findAdapter, findChromium, HOW_TO_GET_ONE } from './adapter.mjs';
import { build, seconds } from './setup.mjs';
import { bin, node, root } from './shell.mjs';
import { workspaces } from './workspaces.mjs';

const tool = (file, ...args) => node([join(root, 'tools', file), ...args]);

// In order. `kernels` compiles the WebAssembly that the source imports. Types, lint, arrows and tests read the source; what comes after `build` reads what is published.
const checks = {
  kernels: () => node([join(root, 'packages/backend-wasm/assembly/compile.mjs')]),
  types: () => node([bin('typescript', 'tsc'), '--project', 'tsconfig.json', '--pretty']),
  lint: () => node([bin('@biomejs/biome'), 'check', '--error-on-warnings']),
  lockfile: () => tool('lockfile.mjs'),
  arrows: () =>
    node([
      bin('dependency-cruiser', 'depcruise'),
      ...['packages', 'apps', 'examples'],
      ...['--config', '.dependency-cruiser.cjs'],
    ]),
  tests: (args) => vitest(args),
  chromium,
  build: () => build(),
  plugins,
  packages: () => tool('packages.mjs'),
  sizes: () => node([bin('size-limit')]),
  features: () => tool('features.mjs', '--check'),
  docs: () => node([join(root, 'tools/run.mjs'), 'docs']),
  examples: () => tool('readme-examples.mjs'),
};

const readTheBuild = ['plugins', 'packages', 'sizes', 'features', 'examples'];

/** Tests passed, failed and skipped. */
const counts = { passed: 0, failed: 0, skipped: 0 };
let counted = false;
/** What could not be run here. */
const leftOut = [];

export async function test(args) {
  const { only, rest } = parse(args);
  const unknown = only.filter((name) => !(name in checks));
  if (unknown.length > 0) {
    process.stderr.write(`unknown check ${unknown.join(', ')}; known: ${Object.keys(checks).join(', ')}\n`);
    return 2;
  }
  if (only.some((name) => readTheBuild.includes(name))) only.push('build');
  if (only.length > 0) only.push('kernels');
  const started = Date.now();
  for (const name of Object.keys(checks).filter((each) => only.length === 0 || only.includes(each))) {
    const since = Date.now();
    process.stdout.write(`\n── ${name} ──\n`);
    const code = await checks[name](rest);
    process.stdout.write(`── ${name} ${code === 0 ? 'passed' : 'failed'} in ${seconds(since)} ──\n`);
    if (code !== 0) return close(code, `${name} failed after ${seconds(started)} in all.`);
  }
  return close(0, `All checks passed in ${seconds(started)}.`);
}

function close(code, message) {
  const { passed, failed, skipped } = counts;
  const numbers = counted && `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  // Programs look for the counts, a person at the last line.
  const lines = code === 0 ? [...leftOut, message, numbers] : [...leftOut, numbers, message];
  process.stdout.write(`\n${lines.filter(Boolean).join('\n')}\n`);
  return code;
}

function parse(args) {
  const rest = [...args];
  const at = rest.findIndex((arg) => arg === '--only' || arg.startsWith('--only='));
  if (at < 0) return { only: rest.length > 0 ? ['tests'] : [], rest };
  const [flag] = rest.splice(at, 1);
  const names = flag.includes('=') ? flag.slice(flag.indexOf('=') + 1) : (rest.splice(at, 1)[0] ?? '');
  return { only: names.split(','), rest };
}

/** The plug-ins of examples/, each by its own test, which sees the packages as anyone's would. */
async function plugins() {
  for (const { folder } of workspaces().filter((each) => each.folder.startsWith('examples/'))) {
    process.stdout.write(`${folder}\n`);
    const code = await node(['--test', '--test-reporter=spec'], { cwd: join(root, folder) });
    if (code !== 0) return code;
  }
  return 0;
}

/** The suites of a page. */
async function chromium() {
  const { missing } = findChromium();
  if (!missing) return vitest(['--config', 'vitest.browser.config.ts']);
  leftOut.push(`Left out: the tests in Chromium (*.browser.test.ts), as ${missing}. ${HOW_TO_GET_ONE}.`);
  return 0;
}

async function vitest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'neusim-test-'));
  const report = join(folder, 'vitest.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const code = await node([bin('vitest'), 'run', ...reporters, ...args]);
    count(report, code);
    return code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Adds a report of vitest's. A file that could not be loaded ran no test and counts as one failure. */
function count(report, code) {
  counted = true;
  const found = read(report);
  counts.passed += found.numPassedTests;
  counts.failed += code === 0 ? found.numFailedTests : Math.max(found.numFailedTests, 1);
  counts.skipped += found.numPendingTests;
  const { missing } = findAdapter();
  const without = found.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.filter(
      ({ status, ancestorTitles: [suite = ''] }) =>
        status !== 'passed' && (suite.endsWith(' on webgpu') || name.includes('/packages/backend-webgpu/')),
    ),
  );
  if (missing && without.length > 0)
    leftOut.push(`Left out: ${without.length} tests on WebGPU, as ${missing}. ${HOW_TO_GET_ONE}.`);
}

function read(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, testResults: [] };
  }
}
