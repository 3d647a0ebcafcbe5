/** A run's curve, as it goes on from a checkpoint. */
import { bestOf } from './best';
import type { Checkpoint } from './checkpoint/format';
import type { History } from './events';
import type { RunConfig } from './run-config';

/**
 * A finished run's history without what only its end brought, as it is made longer. A test at that end stays where it
 * found the best weights: they have taken the place of those that were best before.
 * @param config that it was begun with.
 */
export function withoutEnd(
  { step, history: { steps, evaluations }, pending }: Checkpoint,
  { evaluation: { every } }: Pick<RunConfig, 'evaluation'>,
  keepsBest: boolean,
): History {
  const before = <T extends { step: number }>(entries: T[]) => entries.filter((entry) => entry.step < step);
  const earlier = before(evaluations);
  const isLost = keepsBest && earlier.length > 0 && bestOf(earlier) !== bestOf(evaluations);
  return {
    steps: pending.length > 0 ? before(steps) : steps,
    evaluations: isLost || (every > 0 && step % every === 0) ? evaluations : earlier,
  };
}
