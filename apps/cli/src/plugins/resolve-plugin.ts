// From what a config or --plugin names to the file that will be imported. Nothing is imported here.

import { realpathSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { NeusimError } from '@neusim/registry';
import { isFile, packageEntry } from './package-entry';

/** A plug-in's module that is there. */
export interface PluginFile {
  /** As it was named. */
  readonly specifier: string;
  readonly path: string;
  /** What `import` takes. */
  readonly url: string;
}

const own = dirname(fileURLToPath(import.meta.url));

const PATH = /^\.{1,2}[\\/]|^file:/;
const PACKAGE = /^(@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*(\/[\w.-]+)*$/i;

/**
 * @param folder paths begin there, and packages are looked for there first; then from the working directory, then from
 *   where `neusim` itself is installed.
 * @throws NeusimError `PLUGIN_BAD_NAME` for what is neither a path nor a package's name, `PLUGIN_NOT_FOUND`,
 *   `PLUGIN_BAD_PACKAGE`
 */
export function resolvePlugin(specifier: string, folder: string): PluginFile {
  if (PATH.test(specifier) || isAbsolute(specifier)) {
    const path = pathOf(specifier, folder);
    if (isFile(path)) return found(specifier, path);
    throw new NeusimError('PLUGIN_NOT_FOUND', `the plug-in ${specifier} is not there: ${path} is no file`, {
      data: { plugin: specifier, looked: [path] },
      hint: 'a path begins at the folder of the config that names it, one of --plugin at the working directory',
    });
  }
  if (!PACKAGE.test(specifier))
    throw new NeusimError('PLUGIN_BAD_NAME', `${JSON.stringify(specifier)} names no plug-in`, {
      data: { plugin: specifier },
      hint: 'write the name of a package (neusim-plugin-x), or a path that begins with ./, ../ or /',
    });
  const places = [...new Set([resolve(folder), process.cwd(), own])];
  for (const place of places) {
    const path = packageEntry(specifier, place);
    if (path) return found(specifier, path);
  }
  const told = places.map((place) => (place === own ? 'where neusim is installed' : place));
  throw new NeusimError(
    'PLUGIN_NOT_FOUND',
    `the plug-in ${specifier} is not installed: looked from ${told.join(', then ')}`,
    {
      data: { plugin: specifier, looked: places },
      hint: `npm install ${specifier}; for a file, write ./${specifier}`,
    },
  );
}

/** Of `./x.mjs` or `file:///x.mjs`. @throws NeusimError `PLUGIN_BAD_NAME` for a URL of another machine, or no path at all */
function pathOf(specifier: string, folder: string): string {
  let path: string | undefined;
  try {
    path = specifier.startsWith('file:') ? fileURLToPath(specifier) : resolve(folder, specifier);
  } catch {
    // Node has a code of its own for every way in which a URL is no path.
  }
  if (path !== undefined && !path.includes('\0')) return path;
  throw new NeusimError('PLUGIN_BAD_NAME', `${JSON.stringify(specifier)} names no file of this machine`, {
    data: { plugin: specifier },
    hint: 'write a path that begins with ./, ../ or /',
  });
}

/**
 * How a config in `folder` names the plug-in: a package by its name where that leads to the same file from there, any
 * other by its path from there.
 */
export function specifierFrom(folder: string, { specifier, path }: PluginFile): string {
  const entry = PACKAGE.test(specifier) ? packageEntry(specifier, folder) : null;
  if (entry && realpathSync(entry) === path) return specifier;
  const way = relative(realFolder(folder), path).replaceAll('\\', '/');
  return isAbsolute(way) || way.startsWith('../') ? way : `./${way}`;
}

function found(specifier: string, path: string): PluginFile {
  // As Node knows a module: two ways to one file are one plug-in.
  const real = realpathSync(path);
  return { specifier, path: real, url: pathToFileURL(real).href };
}

/** A folder that may not be there yet, without links on the way to it. */
function realFolder(folder: string): string {
  const path = resolve(folder);
  try {
    return realpathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : resolve(realFolder(above), relative(above, path));
  }
}
