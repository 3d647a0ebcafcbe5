// The data of few-shot commands: any format, its classes divided as its authors say, else by a draw; or all of them.

import {
  type ClassPool,
  type DatasetSource,
  type Division,
  type Episode,
  type FewShotDataset,
  type FewShotPart,
  joinPools,
  openEpisodes,
  openOfficialRuns,
  poolOf,
  type RunImageOptions,
} from '@neusim/datasets';
import { inPath } from '@neusim/models';
import * as platform from '@neusim/platform';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import { describe, keysOf } from '../settings/schema';
import type { Terminal } from '../terminal/terminal';
import { dataFolder } from './data-folder';
import { findData } from './find-data';
import { requirePath } from './nearest-folder';
import { openingTicks } from './open-data';

/** The part of a data set that episodes are drawn from. */
export type PartName = FewShotPart | 'all';

/** Which part is tested where nobody says it. @param isDrawn whether a draw would divide the classes, or none can. */
export type PartChoice = (classes: readonly string[], isDrawn: boolean) => PartName;

/** Of a method: what is tested was not trained here, and only where classes are named for tests it is those. */
export const usualPart: PartChoice = (_, isDrawn) => (isDrawn ? 'all' : 'test');

/** What a division may find that leaves the data set as a whole. */
const UNDIVIDED = [
  'EPISODE_TOO_FEW_CLASSES',
  'EPISODE_BAD_DIVISION',
  'EPISODE_NO_GROUPS',
  'DATASET_UNKNOWN_CLASS',
];

export interface OpenPool {
  /** Of the data set. */
  readonly dataset: string;
  readonly folder?: string | undefined;
  readonly pool: ClassPool;
  readonly part: PartName;
  /** Classes of all parts. */
  readonly total: number;
  /** The classes to train on, where they are apart from `pool`. */
  readonly train?: ClassPool | undefined;
  /** The classes to test on, where the data set is divided. */
  readonly test?: ClassPool | undefined;
  /** Tasks that its authors have fixed: the official runs. */
  readonly runs?: readonly Episode[] | undefined;
  close(): Promise<void>;
}

/** The error for too few classes says that all can be tested, where `isEnough`; any other error as it is. */
export function orAll(error: unknown, isEnough: boolean): unknown {
  if (!isEnough || !(error instanceof NeusimError) || error.code !== 'EPISODE_TOO_FEW_CLASSES') return error;
  const { code, message, data, hint, cause } = error;
  // Groups may be no larger there.
  if (data.within !== undefined) return error;
  return new NeusimError(code, message, { data: { ...data, split: 'all' }, hint, cause });
}

/** Which data, as words of a command line say it. */
export interface DataOptions {
  /** A set's or a reader's name, or a folder; with `dataset` its folder. */
  readonly data?: string | undefined;
  /** A reader's name. */
  readonly dataset?: string | undefined;
}

export interface NamedData {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly folder: string | undefined;
  /** In place of the data set's own. */
  readonly division?: Division | undefined;
}

/** @throws NeusimError CLI_NO_DATA, and what `findData` throws */
export async function nameData(
  terminal: Terminal,
  registry: AnyRegistry,
  { data, dataset }: DataOptions,
): Promise<NamedData> {
  if (dataset !== undefined) {
    registry.version('dataset', dataset);
    await requirePath(data);
    return { name: dataset, options: {}, folder: data ?? terminal.env.NEUSIM_DATA };
  }
  const word = requireData(terminal, data);
  const found = await findData(registry, word, dataFolder(terminal, undefined));
  return { name: found.dataset.name, options: found.dataset.options ?? {}, folder: found.folder };
}

/** `--data`, else NEUSIM_DATA. @throws NeusimError CLI_NO_DATA */
export function requireData({ env }: Terminal, data: string | undefined): string {
  const word = data ?? env.NEUSIM_DATA;
  if (word) return word;
  throw new NeusimError('CLI_NO_DATA', 'no data is named', {
    hint: 'give a folder with a folder of images for each class: --data FOLDER',
  });
}

/** The same with images decoded to a network's size, where the reader can. @param shape [height, width, channels] */
export function sizedFor(
  registry: AnyRegistry,
  { name, options, ...data }: NamedData,
  [height, width, channels]: readonly (number | null)[],
): NamedData {
  const known = registry.has('dataset', name)
    ? (keysOf(describe(registry.schema('dataset', name)).schema, {})?.entries ?? {})
    : {};
  const sized = {
    ...('size' in known && height && width && { size: [height, width] }),
    ...('channels' in known && (channels === 1 || channels === 3) && { channels }),
  };
  return { ...data, name, options: { ...sized, ...options } };
}

/**
 * @param wanted the part, or what chooses it.
 * @throws NeusimError what opening the data throws; EPISODE_TOO_FEW_CLASSES
 */
export async function openPool(
  terminal: Terminal,
  registry: AnyRegistry,
  { name, options, folder, division }: NamedData,
  wanted: PartName | PartChoice = usualPart,
): Promise<OpenPool> {
  const choose = typeof wanted === 'string' ? () => wanted : wanted;
  await registry.ready(`dataset:${name}`);
  const source = inPath('dataset', () => registry.make('dataset', name, options)) as DatasetSource;
  const { open, stop } = openingTicks(terminal);
  try {
    let divided: FewShotDataset;
    try {
      // Which part it will be may depend on the classes; of the others, image files are decoded where they are read.
      const parts = wanted === 'all' ? undefined : typeof wanted === 'string' ? [wanted] : [];
      divided = await openEpisodes(source, platform, folder, { ...open, division, parts });
    } catch (error) {
      if (!(error instanceof NeusimError && UNDIVIDED.includes(error.code))) throw error;
      const dataset = await source.open(platform, folder, open);
      const close = async () => dataset.close?.();
      const { name: own, classes } = dataset;
      if (choose(classes, true) === 'all')
        return { dataset: own, folder, pool: poolOf(dataset), part: 'all', total: classes.length, close };
      await close();
      throw orAll(error, dataset.classes.length >= 2);
    }
    const { train, validation, test, isDrawn = false } = divided;
    const classes = [train, validation, test].flatMap((part) => part.classes);
    const part = choose(classes, isDrawn);
    return {
      dataset: divided.name,
      folder,
      pool: part === 'all' ? joinPools([train, validation, test]) : divided[part],
      part,
      total: classes.length,
      train: part === 'all' || part === 'train' ? undefined : train,
      test,
      async close() {
        await divided.close?.();
        stop();
      },
    };
  } finally {
    stop();
  }
}

/**
 * Omniglot's official runs.
 * @param folder with all_runs.zip, or run01 to run20. @param shape [height, width, channels] that the network takes.
 * @throws NeusimError what `openOfficialRuns` throws
 */
export async function openRuns(
  terminal: Terminal,
  folder: string,
  [height, width, channels]: readonly (number | null)[],
): Promise<OpenPool> {
  const { open, stop } = openingTicks(terminal);
  const image: RunImageOptions = {
    ...(height && width && { size: [height, width] as const }),
    ...(channels === 3 && { channels }),
  };
  const { pool, episodes } = await openOfficialRuns(platform, folder, image, open).finally(stop);
  return {
    dataset: 'omniglot-runs',
    folder,
    pool,
    part: 'all',
    total: pool.classes.length,
    runs: episodes,
    close: async () => pool.close?.(),
  };
}
