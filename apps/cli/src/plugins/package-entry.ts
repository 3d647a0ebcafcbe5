// The file that importing a package leads to, as Node finds it. Node can say so itself for the running module alone:
// `import.meta.resolve` takes no other place to begin, and `require.resolve` refuses packages that are for `import` only.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve, sep } from 'node:path';
import { NeusimError } from '@neusim/registry';

/** In what order `exports` is read does not matter: the first of its keys that is here counts. */
const conditions = new Set(['node', 'import', 'module-sync', 'default']);

/**
 * @param name `neusim-plugin-x`, `@scope/plugin`, or either with a path that the package exports.
 * @param folder the search begins in its `node_modules`, and goes upwards.
 * @returns null where no package of that name is there, or it exports no such path.
 * @throws NeusimError `PLUGIN_BAD_PACKAGE`
 */
export function packageEntry(name: string, folder: string): string | null {
  const words = name.split('/');
  const scoped = name.startsWith('@') ? 2 : 1;
  const inside = ['.', ...words.slice(scoped)].join('/');
  const packageName = words.slice(0, scoped).join('/');
  // An absolute path, as `require` wants: the folder need not exist.
  const places = createRequire(join(resolve(folder), 'any.js')).resolve.paths(packageName) ?? [];
  const home = places
    .map((place) => join(place, packageName))
    .find((at) => existsSync(join(at, 'package.json')));
  if (!home) return null;
  const json = readPackage(home);
  const target =
    json.exports === undefined ? withoutExports(inside, json.main) : exported(json.exports, inside);
  const file = target && join(home, target);
  return file?.startsWith(home + sep) && isFile(file) ? file : null;
}

/** The folder of the package that a file belongs to, with its package.json; null where there is none. */
export function packageOf(file: string): string | null {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) return null;
  }
}

/** What a package tells of itself. @throws NeusimError `PLUGIN_BAD_PACKAGE` */
export function readPackage(folder: string): { exports?: unknown; main?: unknown; version?: unknown } {
  const file = join(folder, 'package.json');
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // Told below, with what is JSON and no object.
  }
  if (typeof json === 'object' && json !== null) return json;
  throw new NeusimError('PLUGIN_BAD_PACKAGE', `${file} is no JSON object`, {
    data: { file },
    hint: 'correct the file, or install the package again',
  });
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function withoutExports(inside: string, main: unknown): string {
  if (inside !== '.') return inside;
  return typeof main === 'string' ? main : 'index.js';
}

function exported(exports: unknown, inside: string): string | null {
  const isTable =
    typeof exports === 'object' && Object.keys(exports ?? {}).some((key) => key.startsWith('.'));
  if (isTable) return target((exports as Record<string, unknown>)[inside]);
  return inside === '.' ? target(exports) : null;
}

function target(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(target).find((each) => each !== null) ?? null;
  for (const [condition, inner] of Object.entries(value ?? {})) {
    const found = conditions.has(condition) ? target(inner) : null;
    if (found !== null) return found;
  }
  return null;
}
