// Opening a data set for a command: its progress is shown, and Ctrl-C stops it.

import { type Dataset, type OpenProgress, resolveNormalize } from '@neusim/datasets';
import type { AnyRegistry } from '@neusim/registry';
import { openDataset, type TrainConfig } from '@neusim/train';
import { createProgress } from '../terminal/progress';
import type { Terminal } from '../terminal/terminal';

/**
 * The data set that a config names.
 * @param folder of its files.
 * @throws NeusimError what `openDataset` throws; the reason of `terminal.interrupted`, where it is aborted
 */
export async function openData(
  terminal: Terminal,
  config: Pick<TrainConfig, 'dataset'>,
  { registry, folder }: { readonly registry: AnyRegistry; readonly folder: string | undefined },
): Promise<Dataset> {
  const progress = createProgress(terminal, ['data set']);
  const onProgress = ({ phase, done, total }: OpenProgress) =>
    progress.update('data set', { step: done, steps: total, text: phase });
  const open = { signal: terminal.interrupted, onProgress };
  return openDataset(config, { registry, folder, open }).finally(() => progress.stop());
}

/**
 * The config with the data set's mean and deviation in numbers, where it asks for them: all training images are looked at,
 * where the data set does not know them.
 * @throws NeusimError `DATASET_BAD_NORMALIZE`; the reason of `terminal.interrupted`, where it is aborted
 */
export async function withStatistics(
  terminal: Terminal,
  config: TrainConfig,
  dataset: Dataset,
): Promise<TrainConfig> {
  if (config.normalize !== 'dataset') return config;
  const progress = createProgress(terminal, ['mean and deviation']);
  const onProgress = ({ done, total }: OpenProgress) =>
    progress.update('mean and deviation', { step: done, steps: total, text: 'training images' });
  const options = { signal: terminal.interrupted, onProgress };
  const normalize = await resolveNormalize('dataset', dataset, options).finally(() => progress.stop());
  return { ...config, normalize };
}
