/** The data set that a few-shot config names, its classes divided. */
import { type DatasetSource, type FewShotDataset, type OpenOptions, openEpisodes } from '@neusim/datasets';
import { inPath, splitPart } from '@neusim/models';
import * as platform from '@neusim/platform';
import type { AnyRegistry } from '@neusim/registry';
import { type TrainFiles, whenReady } from '@neusim/train';
import type { FewShotConfig } from './config';

/** Where a data set comes from. */
export interface OpenDatasetContext {
  /** Knows the data set. */
  readonly registry: AnyRegistry;
  /** Folder of its files. */
  readonly folder?: string | undefined;
  /** Default: `@neusim/platform`. */
  readonly files?: TrainFiles | undefined;
  /** How it is opened: its cache, its workers, what is told meanwhile. */
  readonly open?: OpenOptions | undefined;
}

/**
 * Close it when it is no longer read.
 * @throws NeusimError REGISTRY_UNKNOWN_NAME, CONFIG_INVALID with `data.path` under `dataset`, and what `openEpisodes` of
 *   `@neusim/datasets` throws.
 */
export async function openFewShotDataset(
  { dataset, division }: Pick<FewShotConfig, 'dataset' | 'division'>,
  { registry, folder, files = platform, open }: OpenDatasetContext,
): Promise<FewShotDataset> {
  const { name, options } = splitPart(dataset);
  const make = () => inPath('dataset', () => registry.make('dataset', name, options) as DatasetSource);
  const source = await whenReady(registry, make);
  return openEpisodes(source, { ...platform, ...files }, folder, { ...open, division });
}
