// Opening a data set for a command: its progress is shown, images are decoded by every core, and Ctrl-C stops it.

import { type Dataset, type OpenOptions, type OpenProgress, resolveNormalize } from '@neusim/datasets';
import type { AnyRegistry } from '@neusim/registry';
import { openDataset, type TrainConfig } from '@neusim/train';
import { createProgress, type Progress, type Tick } from '../terminal/progress';
import type { Terminal } from '../terminal/terminal';
import { decodeWorkerUrl } from './decode-worker-url';
import { timeLeft } from './time-left';

/**
 * The data set that a config names. Whoever opens it closes it.
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
  const { open, stop } = openingTicks(terminal);
  return openDataset(config, { registry, folder, open: { ...more, ...open } }).finally(stop);
}

/**
 * How a data set is opened for a terminal; `stop` takes the bar away. For a part that is read later there is another bar, until
 * it is read, or `stop` is called again.
 */
export function openingTicks(terminal: Terminal): { readonly open: OpenOptions; stop(): void } {
  let progress: Progress | undefined;
  let isLate = false;
  const shown = () => {
    progress ??= createProgress(terminal, ['data set']);
    return progress;
  };
  const stop = () => {
    progress?.stop();
    progress = undefined;
    isLate = true;
  };
  const tick = openTicks();
  const open: OpenOptions = {
    signal: terminal.interrupted,
    workers: { url: decodeWorkerUrl },
    onProgress(at) {
      shown().update('data set', tick(at));
      if (isLate && at.phase === 'reading' && at.done === at.total) stop();
    },
    onWarning({ message, hint }) {
      // By the terminal, which may keep warnings for a report; a bar would be written over.
      progress?.stop();
      progress = undefined;
      terminal.err(`Warning: ${message}; ${hint}.`);
    },
  };
  return { open, stop };
}

/** Progress as a bar's state: with the speed of decoding and, where it is long, the time left. */
export function openTicks(now = () => performance.now()): (progress: OpenProgress) => Tick {
  let began: { readonly phase: string; readonly done: number; readonly time: number } | undefined;
  return ({ phase, done, total }) => {
    if (began?.phase !== phase) began = { phase, done, time: now() };
    const seconds = (now() - began.time) / 1000;
    const rate = (done - began.done) / seconds;
    const words: string[] = [phase];
    if (phase === 'decoding' && rate > 0 && seconds > 0) {
      words.push(`${Math.round(rate)} images/s`, timeLeft((1000 * (total - done)) / rate));
    }
    const isLast = total > 0 && done === total && phase === 'decoding';
    return { step: done, steps: total, text: words.filter(Boolean).join('  '), isLast };
  };
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
    progress.update('mean and deviation', {
      step: done,
      steps: total,
      text: 'training images',
      isLast: done === total,
    });
  const options = { signal: terminal.interrupted, onProgress };
  const normalize = await resolveNormalize('dataset', dataset, options).finally(() => progress.stop());
  return { ...config, normalize };
}
