// The plug-ins of a command: those of its config and of --plugin, told before they are run, in one registry with ours.

import type { AnyRegistry } from '@neusim/registry';
import { openRegistry } from '../registry';
import type { Terminal } from '../terminal/terminal';
import { packageOf, readPackage } from './package-entry';
import { type PluginFile, resolvePlugin, specifierFrom } from './resolve-plugin';

/** What a command names plug-ins by. */
export interface NamedPlugins {
  /** `plugins` of the config. */
  readonly config?: readonly string[];
  /** The folder of the config's file; default: the working directory. */
  readonly folder?: string | undefined;
  /** Of --plugin: paths begin at the working directory. */
  readonly options?: readonly string[] | undefined;
}

export interface OpenPlugins {
  readonly registry: AnyRegistry;
  /** Their modules: what `openRegistry` takes, in a worker too. */
  readonly urls: readonly string[];
  /** `plugins` for a config that will lie in this folder. */
  specifiersFrom(folder: string): string[];
}

/**
 * Finds all plug-ins, says on standard error which will be loaded and from where, and loads them.
 * @throws NeusimError what `resolvePlugin` and `openRegistry` throw
 */
export async function openPlugins(
  terminal: Pick<Terminal, 'err'>,
  named: NamedPlugins,
): Promise<OpenPlugins> {
  const { config = [], folder = '.', options = [] } = named;
  const byPath = new Map<string, PluginFile>();
  const all = [
    ...config.map((specifier) => resolvePlugin(specifier, folder)),
    ...options.map((specifier) => resolvePlugin(specifier, '.')),
  ];
  for (const file of all) if (!byPath.has(file.path)) byPath.set(file.path, file);
  const files = [...byPath.values()];
  for (const { specifier, path } of files)
    terminal.err(`Plug-in ${specifier}${versionOf(path)} from ${path}`);
  const urls = files.map(({ url }) => url);
  return {
    registry: await openRegistry(urls),
    urls,
    specifiersFrom: (home) => files.map((file) => specifierFrom(home, file)),
  };
}

/** ` 1.0.0`, of the package that a file belongs to; '' where it tells none. */
function versionOf(file: string): string {
  const folder = packageOf(file);
  const { version } = folder ? readPackage(folder) : {};
  return typeof version === 'string' ? ` ${version}` : '';
}
