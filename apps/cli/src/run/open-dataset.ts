// The data set that a config names.

import type { Dataset, DatasetSource } from '@neusim/datasets';
import { inPath, splitPart } from '@neusim/models';
import * as platform from '@neusim/platform';
import type { AnyRegistry } from '@neusim/registry';
import type { TrainConfig } from '@neusim/train';

/**
 * @param folder of its files, where it needs one.
 * @throws NeusimError `REGISTRY_UNKNOWN_NAME`, `CONFIG_INVALID`, and what the data set throws
 */
export async function openDataset(
  registry: AnyRegistry,
  { dataset }: TrainConfig,
  folder: string | undefined,
): Promise<Dataset> {
  const { name, options } = splitPart(dataset);
  await registry.ready(`dataset:${name}`);
  const source = inPath('dataset', () => registry.make('dataset', name, options) as DatasetSource);
  return source.open(platform, folder);
}
