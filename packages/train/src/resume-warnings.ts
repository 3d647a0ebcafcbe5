/** What a run says where it goes on otherwise than it was begun. */
import type { TrainConfig } from './config';
import type { WarningEvent } from './events';

/** @param saved engine, and step, of the checkpoint. @param backend the engine of now. */
export function otherBackend(
  { step, backend: saved }: { readonly step: number; readonly backend: string },
  backend: string,
): WarningEvent[] {
  if (saved === backend) return [];
  const message = `the checkpoint was written on ${saved}: on ${backend} the curve will differ in its last digits`;
  return [{ type: 'warning', code: 'OTHER_BACKEND', step, message }];
}

/** @param saved config, and step, of the checkpoint. @param config of now, with the number of workers. */
export function otherWorkers(
  { step, config: saved }: { readonly step: number; readonly config: TrainConfig },
  config: TrainConfig,
): WarningEvent[] {
  const [before, now] = [savedWorkers(saved), config.workers as number];
  if (before === now) return [];
  const told = (count: number) => (count === 1 ? 'one worker' : `${count} workers`);
  const part = (count: number) => Math.ceil(config.batchSize / count);
  const norm = config.syncBatchNorm
    ? ''
    : `, and batch norm sees ${part(now)} images at a time in place of ${part(before)}`;
  const message = `the checkpoint was written with ${told(before)}: with ${told(now)} the curve will differ in its last digits${norm}`;
  return [{ type: 'warning', code: 'OTHER_WORKERS', step, message }];
}

/** With how many workers a checkpoint was written; before there were any, with one. */
export function savedWorkers({ workers }: Pick<TrainConfig, 'workers'>): number {
  return workers === 'auto' ? 1 : workers;
}
