// A run's folder where a config is wanted: the config that the run has written into it.

import { exists, joinPath, listEntries } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';

interface Options {
  readonly out?: string;
  readonly resume?: true;
}

/**
 * @param source a config's path, a run's folder, or a name.
 * @returns the path of the config, and where to go on without `out`: in the folder of the run that the config is of.
 * @throws NeusimError CLI_NOT_A_RUN for a folder that has no config.json
 */
export async function ofRun<T extends Options>(
  source: string,
  options: T,
): Promise<{ readonly source: string; readonly options: T }> {
  if (!/[\\/]/.test(source) && source !== CONFIG) return { source, options };
  const isFolder =
    !source.endsWith('.json') && (await listEntries(source).catch(() => undefined)) !== undefined;
  const folder = isFolder ? source : joinPath(source, '..');
  const config = isFolder ? joinPath(folder, CONFIG) : source;
  if (isFolder && !(await exists(config)))
    throw new NeusimError('CLI_NOT_A_RUN', `${folder} is a folder, and has no ${CONFIG}`, {
      data: { folder },
      hint: 'name the folder of a run, the path of a config, or a preset (`npx neusim list preset`)',
    });
  const isRun = config === joinPath(folder, CONFIG) && (await exists(joinPath(folder, 'checkpoints')));
  const goesOn = options.resume && options.out === undefined && isRun;
  return { source: config, options: goesOn ? { ...options, out: folder } : options };
}

const CONFIG = 'config.json';
