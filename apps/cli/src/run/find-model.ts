// Where a trained network is: a run's folder, or a model's; and the config that it was trained with, where it is known.

import { exists, joinPath, listEntries, readText } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import { shellCommand } from '../terminal/shell-command';
import { nearestFolder } from './nearest-folder';

export interface FoundModel {
  /** Folder with model.json. */
  readonly model: string;
  /** Folder of the run that it is of. */
  readonly run: string | null;
  /** config.json of that run, parsed as JSON and no further. */
  readonly config: Record<string, unknown> | null;
}

/** A checkpoint of a run, as it is found. */
export interface FoundCheckpoint {
  readonly checkpoint: string;
  readonly run: string | null;
  /** config.json of its run; null where there is none beside it: the checkpoint has the same. */
  readonly config: Record<string, unknown> | null;
}

const RUN_OR_MODEL = 'name the folder of a run, as `neusim train --out` made it, or of a saved model';

/** Of a config or a report's names; a thousand classes and their options have less. */
const MOST_BYTES = 2 ** 24;

/**
 * @param path folder of a run, or of a model (`model`, `folded`) in one or by itself, or its model.json.
 * @throws NeusimError CLI_NOT_A_RUN, CLI_RUN_UNFINISHED, CONFIG_NOT_JSON
 */
export async function findModel(path: string): Promise<FoundModel> {
  const folder = path.replace(/[\\/]model\.json$/, '');
  if (await exists(joinPath(folder, 'model', 'model.json')))
    return { model: joinPath(folder, 'model'), run: folder, config: await configOf(folder) };
  if (!(await exists(joinPath(folder, 'model.json')))) throw await notFound(folder);
  const run = joinPath(folder, '..');
  const isInRun = await exists(joinPath(run, 'model', 'model.json'));
  return { model: folder, run: isInRun ? run : null, config: isInRun ? await configOf(run) : null };
}

/**
 * The same, and what is no trained network yet: a checkpoint by its path, or the newest of a run that is not finished.
 * @throws NeusimError as `findModel`
 */
export async function findModelOrCheckpoint(path: string): Promise<FoundModel | FoundCheckpoint> {
  if (path.endsWith('.neusim')) {
    const run = runOf(path);
    const config = run === undefined ? null : await configOf(run);
    return { checkpoint: path, run: (config && run) ?? null, config };
  }
  try {
    return await findModel(path);
  } catch (error) {
    const isUnfinished = error instanceof NeusimError && error.code === 'CLI_RUN_UNFINISHED';
    const newest = isUnfinished ? await newestCheckpoint(path) : undefined;
    if (newest === undefined) throw error;
    return { checkpoint: newest, run: path, config: await configOf(path) };
  }
}

/** A run's folder, given that or one of its checkpoints; undefined for a checkpoint that lies in none. */
export function runOf(path: string): string | undefined {
  if (!path.endsWith('.neusim')) return path;
  return /(?:^|[\\/])checkpoints[\\/][^\\/]+$/.test(path) ? joinPath(path, '..', '..') : undefined;
}

/** Their names sort by their steps. */
async function newestCheckpoint(run: string): Promise<string | undefined> {
  const folder = joinPath(run, 'checkpoints');
  const names = (await listEntries(folder))
    .map(({ name }) => name)
    .filter((name) => name.endsWith('.neusim'));
  const newest = names.toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1)).at(-1);
  return newest === undefined ? undefined : joinPath(folder, newest);
}

/** config.json of a run's folder, as it was written; null where there is none. @throws NeusimError CONFIG_NOT_JSON */
export async function configOf(run: string): Promise<Record<string, unknown> | null> {
  const path = joinPath(run, 'config.json');
  if (!(await exists(path))) return null;
  try {
    return JSON.parse(await readText(path, MOST_BYTES));
  } catch (cause) {
    throw new NeusimError('CONFIG_NOT_JSON', `${path} is not JSON: ${(cause as Error).message}`, {
      data: { file: path },
      hint: 'correct the file; a run writes it once, when it begins',
      cause,
    });
  }
}

async function notFound(folder: string): Promise<NeusimError> {
  if (!(await exists(folder))) {
    const nearest = await nearestFolder(folder);
    return new NeusimError('CLI_NOT_A_RUN', `there is no folder ${folder}`, {
      data: { folder, nearest },
      hint: nearest ? `did you mean "${nearest}"?` : RUN_OR_MODEL,
    });
  }
  const config = joinPath(folder, 'config.json');
  if ((await exists(config)) && (await exists(joinPath(folder, 'checkpoints')))) {
    const train = 'method' in Object(await configOf(folder)) ? ['fewshot', 'train'] : ['train'];
    return new NeusimError('CLI_RUN_UNFINISHED', `the run in ${folder} has no trained network yet`, {
      data: { folder },
      hint: `finish it: ${shellCommand(['npx', 'neusim', ...train, config, '--out', folder, '--resume'])}`,
    });
  }
  const runs = await runsIn(folder);
  return new NeusimError(
    'CLI_NOT_A_RUN',
    `${folder} holds no trained network (no model/model.json, no model.json)`,
    {
      data: { folder, runs },
      hint: runs.length > 0 ? `name one of the runs in it: ${runs.join(', ')}` : RUN_OR_MODEL,
    },
  );
}

/** Runs below a folder, as `neusim demo` and `neusim compare` leave them. */
async function runsIn(folder: string): Promise<string[]> {
  const runs: string[] = [];
  const entriesOf = async (path: string) => ((await exists(path)) ? listEntries(path).catch(() => []) : []);
  for (const { name, isFolder } of await entriesOf(folder)) {
    const inside = joinPath(folder, name);
    const candidates = isFolder ? [inside] : [];
    if (isFolder)
      for (const below of await entriesOf(inside))
        if (/^seed-\d+$/.test(below.name)) candidates.push(joinPath(inside, below.name));
    for (const each of candidates) if (await exists(joinPath(each, 'model', 'model.json'))) runs.push(each);
  }
  return runs;
}
