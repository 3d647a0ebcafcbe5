// Any data set as classes for training, validation and tests: as its format divides them, else by `divideClasses`.

import type { DatasetPlatform, DatasetSource, FewShotOpenOptions } from '../types';
import { divideClasses, requireDisjoint } from './divide-classes';
import { joinPools } from './pool';
import type { Division, FewShotDataset } from './types';

/** How a data set is opened, and which of its classes are for what. */
export interface EpisodesOptions extends FewShotOpenOptions {
  /** In place of the format's own. */
  readonly division?: Division | undefined;
}

/**
 * Opens a data set for few-shot learning. Close it when it is no longer read.
 * @param source the product of `registry.make('dataset', name, options)`
 * @throws NeusimError as `source.open` and `divideClasses`; `EPISODE_SHARED_CLASS`
 */
export async function openEpisodes(
  source: DatasetSource,
  platform: DatasetPlatform,
  folder: string | undefined,
  { division, ...options }: EpisodesOptions = {},
): Promise<FewShotDataset> {
  // Which of the format's parts have the classes of another division's is not known before it is made.
  const parts = options.parts && division ? [] : options.parts;
  const own = await source.episodes?.(platform, folder, { ...options, parts });
  const opened = own ?? (await source.open(platform, folder, options));
  try {
    if (!own) return divideClasses(opened as Awaited<ReturnType<typeof source.open>>, division);
    return requireDisjoint(division ? divideAgain(own, division) : own);
  } catch (error) {
    await opened.close?.();
    throw error;
  }
}

function divideAgain(own: FewShotDataset, division: Division): FewShotDataset {
  if (own.divideAgain) return own.divideAgain(division);
  const pool = joinPools([own.train, own.validation, own.test]);
  return divideClasses({ ...pool, name: own.name, close: async () => own.close?.() }, division);
}
