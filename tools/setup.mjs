// From a bare clone to built packages. Node's built-ins only: this runs before anything is installed.
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { bin, node, quiet, readJson, root } from './shell.mjs';

const quietTurbo = { TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1', DO_NOT_TRACK: '1' };

/** Ends the process with a plain message when this Node is older than `wanted`. */
export function requireNode(wanted) {
  const parts = (version) => version.split('.').map(Number);
  const [major, minor] = parts(process.versions.node);
  const [wantedMajor, wantedMinor] = parts(wanted);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  process.stderr.write(
    `NeuSim needs Node ${wantedMajor}.${wantedMinor} or newer; this is Node ${process.versions.node} (${process.execPath}).\n`,
  );
  process.exit(1);
}

/** Runs `npm ci` when node_modules is missing or holds other versions than the lockfile. */
export async function install() {
  if (installed()) return;
  const started = Date.now();
  process.stderr.write('Installing packages (npm ci) …\n');
  const args = [npm(), 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const code = await node(args, { stdio: ['ignore', 2, 2] });
  if (code !== 0) {
    process.stderr.write(`npm ci failed (exit ${code}).\n`);
    process.exit(code);
  }
  process.stderr.write(`Installed in ${seconds(started)}\n`);
}

/** Builds the named workspace and what it imports, or all of them; what did not change comes from turbo's cache. */
export async function build(workspace) {
  const started = Date.now();
  const filter = workspace ? [`--filter=${workspace}...`] : [];
  const args = ['run', 'build', '--ui=stream', '--output-logs=new-only', `--concurrency=${cpus().length}`];
  const { code, output } = await quiet([bin('turbo'), ...args, ...filter], {
    env: { ...process.env, ...quietTurbo },
    onLine: (line) => {
      const name = /^(\S+):build: cache miss/.exec(line)?.[1];
      if (name) process.stderr.write(`Building ${name} …\n`);
    },
  });
  if (code !== 0) process.stderr.write(`${ofFailedTasks(output)}\nThe build failed.\n`);
  else if (Date.now() - started > 5000) process.stderr.write(`Built in ${seconds(started)}\n`);
  return code;
}

function ofFailedTasks(output) {
  const failed = [...output.matchAll(/^(\S+)#build: .*ERROR/gm)].map(([, name]) => `${name}:build:`);
  const lines = output.split('\n').filter((line) => failed.some((prefix) => line.startsWith(prefix)));
  return lines.length > 0 ? lines.filter((line) => !/ (CLI|ESM|npm error) /.test(line)).join('\n') : output;
}

export const seconds = (started) => `${((Date.now() - started) / 1000).toFixed(1)} s`;

// npm writes node_modules/.package-lock.json last, so an interrupted install counts as none. Packages for another
// operating system are optional and absent there.
function installed() {
  const hidden = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(hidden)) return false;
  const wanted = readJson(join(root, 'package-lock.json')).packages;
  const present = readJson(hidden).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true;
    const found = present[path];
    if (!found) return Boolean(entry.optional || entry.devOptional);
    return entry.link ? found.resolved === entry.resolved : found.version === entry.version;
  });
}

/** Path of npm's script: run by this Node, it needs no shell and no PATH. */
export function npm() {
  const besideNode = [
    join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js'),
    join(dirname(process.execPath), 'node_modules/npm/bin/npm-cli.js'),
  ];
  const path = [process.env.npm_execpath ?? '', ...besideNode].find(
    (file) => file.endsWith('.js') && existsSync(file),
  );
  if (path) return path;
  process.stderr.write('npm was not found beside node: run this through npm, as in `npm test`.\n');
  process.exit(1);
}
