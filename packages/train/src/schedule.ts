/** The learning rate of every step. */
import type { RunConfig } from './run-config';

/**
 * Learning rate of the update that follows `step` finished ones (0, 1, …). Over the warm-up it rises linearly, to
 * reach the schedule's own rate with its last step.
 * @param step whole, at least 0; beyond `config.steps` a cosine stays at its end.
 */
export function learningRateAt(
  { optimizer, schedule, steps }: Pick<RunConfig, 'optimizer' | 'schedule' | 'steps'>,
  step: number,
): number {
  const { warmup } = schedule;
  const rise = step < warmup ? (step + 1) / warmup : 1;
  return optimizer.learningRate * rise * factor(schedule, step, steps);
}

function factor(schedule: RunConfig['schedule'], step: number, steps: number): number {
  switch (schedule.name) {
    case 'constant':
      return 1;
    case 'step':
      return schedule.factor ** schedule.at.filter((boundary) => step >= boundary).length;
    case 'staircase':
      return schedule.factor ** Math.floor(step / schedule.every);
    case 'cosine': {
      const { warmup, end } = schedule;
      const done = Math.min(1, Math.max(0, step - warmup) / Math.max(1, steps - warmup));
      return end + ((1 - end) * (1 + Math.cos(Math.PI * done))) / 2;
    }
  }
}
