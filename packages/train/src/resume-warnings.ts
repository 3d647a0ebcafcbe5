/** What a run says where it goes on otherwise than it was begun. */
import type { Checkpoint } from './checkpoint/format';
import { parseConfig, type TrainConfig } from './config';
import type { WarningEvent } from './events';

/** @param config of now, with the number of workers; `backend`, the engine of now. */
export function resumeWarnings(saved: Checkpoint, config: TrainConfig, backend: string): WarningEvent[] {
  const { step } = saved;
  const warn = (code: WarningEvent['code'], message: string): WarningEvent => ({
    type: 'warning',
    code,
    step,
    message,
  });
  const warnings: WarningEvent[] = [];
  if (saved.backend !== backend)
    warnings.push(
      warn(
        'OTHER_BACKEND',
        `the checkpoint was written on ${saved.backend}: on ${backend} the curve will differ in its last digits`,
      ),
    );
  const [before, now] = [savedWorkers(saved), config.workers as number];
  if (before === now) return warnings;
  const told = (count: number) => (count === 1 ? 'one worker' : `${count} workers`);
  const part = (count: number) => Math.ceil(config.batchSize / count);
  const norm = config.syncBatchNorm
    ? ''
    : `, and batch norm sees ${part(now)} images at a time in place of ${part(before)}`;
  const message = `the checkpoint was written with ${told(before)}: with ${told(now)} the curve will differ in its last digits${norm}`;
  return [...warnings, warn('OTHER_WORKERS', message)];
}

/** With how many workers a checkpoint was written; before there were any, with one. */
export function savedWorkers({ config }: Checkpoint): number {
  const { workers } = parseConfig(config);
  return workers === 'auto' ? 1 : workers;
}
