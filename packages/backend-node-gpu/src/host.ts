/**
 * What an engine asks of the machine: whether a package is installed, what it finds when it is loaded, and loading
 * it. Looking is done in a process of its own: libtensorflow cannot be unloaded, two copies in one process get in
 * each other's way, a library that does not fit this processor takes its process down, and what it lacks it tells
 * on standard error alone.
 */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** What a package was seen to do, and which libraries the loader finds. */
export interface Inspection {
  /** null where there is no package, or where loading it failed. */
  readonly loaded: { readonly tensorflow: string; readonly gpu: boolean } | null;
  /** Why loading failed, or ''. */
  readonly error: string;
  /** Libraries that the loader does not find, or that lack one themselves. */
  readonly missing: readonly string[];
  /** The GPU's name, or ''. */
  readonly device: string;
}

export interface Host {
  /** Such as `20.19.0`. */
  readonly node: string;
  /** Such as `linux-x64`. */
  readonly platform: string;
  /** The package's main file, or null. */
  resolve(name: string): string | null;
  /** Never throws. */
  inspect(path: string | null, libraries: readonly string[]): Promise<Inspection>;
  /** Loads the package into this process; throws what it throws. */
  load(path: string): void;
}

const LIMIT_MS = 60_000;

/** Run by `node -e`; the last line it prints is the inspection. Loading an absent library leaves nothing behind. */
const script = `
const [path, ...libraries] = process.argv.slice(1);
const missing = libraries.filter((library) => {
  try {
    process.dlopen({ exports: {} }, library);
  } catch (error) {
    return !/self-register/.test(error.message);
  }
  return false;
});
let loaded = null;
let error = '';
try {
  if (path) {
    const { binding, isUsingGpuDevice } = require(path).backend();
    loaded = { tensorflow: String(binding.TF_Version), gpu: isUsingGpuDevice };
  }
} catch (thrown) {
  error = String(thrown && thrown.message ? thrown.message : thrown);
}
console.log('\\n' + JSON.stringify({ loaded, error, missing }));
`;

/** The machine that this process runs on. */
export const thisMachine: Host = {
  node: process.versions.node,
  platform: `${process.platform}-${process.arch}`,
  resolve(name) {
    // Beside this package, or in the project that the command line is used in.
    for (const from of [import.meta.url, join(process.cwd(), 'package.json')])
      try {
        return createRequire(from).resolve(name);
      } catch {}
    return null;
  },
  inspect: (path, libraries) =>
    new Promise((resolve) => {
      const args = ['-e', script, path ?? '', ...libraries];
      const options = { timeout: LIMIT_MS, env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '0' } };
      execFile(process.execPath, args, options, (failure, stdout, stderr) => {
        const device = /device: 0, name: ([^,\n]+)/.exec(stderr)?.[1] ?? '';
        const seen = parse(stdout.trim().split('\n').at(-1) ?? '');
        resolve(seen ? { ...seen, device } : { loaded: null, error: ended(failure), missing: [], device });
      });
    }),
  load(path) {
    createRequire(import.meta.url)(path);
  },
};

function parse(line: string): Omit<Inspection, 'device'> | null {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function ended(failure: (Error & { killed?: boolean; signal?: unknown; code?: unknown }) | null): string {
  if (failure?.killed) return `loading it took more than ${LIMIT_MS / 1000} seconds`;
  if (failure?.signal === 'SIGILL') return 'it ended with SIGILL: this processor lacks instructions it wants';
  return `loading it ended the process (${failure?.signal ?? `exit code ${failure?.code ?? 0}`})`;
}
