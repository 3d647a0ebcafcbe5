// Imports a plug-in's module. This runs its code: only what the user has named is imported.

import { fileURLToPath } from 'node:url';
import { type AnyPlugin, formatError, NeusimError } from '@neusim/registry';

/**
 * The plug-ins that a module gives by its default export: one, or a list.
 * @param url of a file.
 * @throws NeusimError `PLUGIN_FAILED` where the module throws, `PLUGIN_INVALID` where it gives something else
 */
export async function importPlugin(url: string): Promise<readonly AnyPlugin[]> {
  const path = fileURLToPath(url);
  const { default: given } = await load(url, path);
  const plugins: unknown[] = Array.isArray(given) ? given : [given];
  if (plugins.length > 0 && plugins.every(isPlugin)) return plugins;
  throw new NeusimError('PLUGIN_INVALID', `the default export of ${path} is ${told(given)}, not a plug-in`, {
    data: { file: path, met: told(given) },
    hint: "export default plugin('my-plugin', '1.0.0', [...definitions]), or a list of plug-ins",
  });
}

async function load(url: string, path: string): Promise<{ default?: unknown }> {
  try {
    return await import(/* @vite-ignore */ url);
  } catch (cause) {
    const { code, message = String(cause) } = Object(cause) as NodeJS.ErrnoException;
    const missing = code === 'ERR_MODULE_NOT_FOUND' && /package '([^']+)'/.exec(message)?.[1];
    throw new NeusimError('PLUGIN_FAILED', `the plug-in ${path} could not be loaded`, {
      data: { file: path, reason: formatError(cause), missing: missing || undefined },
      hint: missing
        ? `npm install ${missing}, in the plug-in's own folder or above it`
        : 'see the cause: it is of the plug-in',
      cause,
    });
  }
}

function isPlugin(value: unknown): value is AnyPlugin {
  const { name, version, definitions } = Object(value) as Partial<AnyPlugin>;
  return typeof name === 'string' && typeof version === 'string' && Array.isArray(definitions);
}

function told(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Array.isArray(value))
    return value.length > 0 ? `a list of ${value.length}, not all plug-ins` : 'an empty list';
  return value === null
    ? 'null'
    : typeof value === 'object'
      ? 'an object without name, version and definitions'
      : `a ${typeof value}`;
}
