/**
 * Which part of a batch is computed here, for gradients that are not the loss's: those of parts add up to the batch's, and
 * what is added to them once for each part must be its share.
 */
let share = 1;

/** Runs `f`, a forward pass, on a part of a batch. @param of the part in the whole batch, in (0, 1]. */
export function withBatchShare<T>(of: number, f: () => T): T {
  const before = share;
  share = of;
  try {
    return f();
  } finally {
    share = before;
  }
}

/** The share of the part whose forward pass is running; 1 where the batch is whole. */
export const batchShare = (): number => share;
