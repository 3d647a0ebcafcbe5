// Opening a data set for a command: its progress is shown, and Ctrl-C stops it.

import type { Dataset, OpenOptions, OpenProgress } from '@neusim/datasets';
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
  {
    registry,
    folder,
    open: more,
  }: {
    readonly registry: AnyRegistry;
    readonly folder: string | undefined;
    readonly open?: Pick<OpenOptions, 'cache'>;
  },
): Promise<Dataset> {
  const progress = createProgress(terminal, ['data set']);
  const onProgress = ({ phase, done, total }: OpenProgress) =>
    progress.update('data set', { step: done, steps: total, text: phase });
  const open = { ...more, signal: terminal.interrupted, onProgress };
  return openDataset(config, { registry, folder, open }).finally(() => progress.stop());
}
