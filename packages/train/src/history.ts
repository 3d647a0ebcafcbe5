/** A run's curve, as it goes on from a checkpoint. */
import type { Checkpoint } from './checkpoint/format';
import type { History } from './events';
import type { RunConfig } from './run-config';

/** A finished run's history without what only its end brought, as it is made longer. @param config that it was begun with. */
export function withoutEnd(
  { step, history: { steps, evaluations }, pending }: Checkpoint,
  { evaluation: { every } }: Pick<RunConfig, 'evaluation'>,
): History {
  const before = <T extends { step: number }>(entries: T[]) => entries.filter((entry) => entry.step < step);
  return {
    steps: pending.length > 0 ? before(steps) : steps,
    evaluations: every > 0 && step % every === 0 ? evaluations : before(evaluations),
  };
}
