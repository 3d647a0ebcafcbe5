// Child processes of the tools. Node's built-ins only: this runs before anything is installed.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

export const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** Path of the script behind a command of an installed package. */
export function bin(name, command = basename(name)) {
  const folder = join(root, 'node_modules', name);
  const entry = readJson(join(folder, 'package.json')).bin;
  return join(folder, typeof entry === 'string' ? entry : entry[command]);
}

/** Runs Node on the given arguments with this terminal; resolves to the exit code. */
export const node = (args, options = {}) =>
  start(process.execPath, args, { stdio: 'inherit', ...options }).code;

/** Runs Node quietly; resolves to the exit code and what it printed (`output`, `stdout` alone). `onLine` sees each line as it comes. */
export const quiet = (args, options) => collect(process.execPath, args, options);

/** Runs lines of a POSIX shell quietly, to the first that fails; resolves as `quiet` does. */
export const runShell = (lines, options) => collect('sh', ['-eu', '-c', lines], options);

/** The same for any program. */
export async function collect(command, args, { onLine = () => {}, ...options } = {}) {
  const { child, code } = start(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let output = '';
  let stdout = '';
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
      if (stream === child.stdout) stdout += text;
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    });
  }
  return { code: await code, output, stdout };
}

// A Ctrl-C reaches the whole process group: the child decides, and this process waits for it.
function start(command, args, options) {
  const child = spawn(command, args, { cwd: root, ...options });
  const stop = () => child.kill('SIGTERM');
  const wait = () => {};
  process.on('SIGTERM', stop);
  process.on('SIGINT', wait);
  const code = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit, signal) => {
      process.off('SIGTERM', stop);
      process.off('SIGINT', wait);
      resolve(exit ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
  return { child, code };
}
