/** What a run warns of on its way. */
import type { WarningEvent } from './events';

/** The loss stands where every image gets the same answer. @param stood for how many steps. */
export function stuck(step: number, stood: number, classes: number): WarningEvent {
  const message = `the loss has stood at ln(${classes}) = ${Math.log(classes).toFixed(2)} for ${stood} steps: all images get the same answer. A longer warm-up, a lower learning rate, or a predictor with start 'identity' may help`;
  return { type: 'warning', code: 'LOSS_STANDS_STILL', step, message };
}

/** The engine could replay steps, and cannot record these. */
export function notCaptured(step: number, reason: string): WarningEvent {
  const message = `steps run op by op, more slowly than they could be replayed: ${reason}`;
  return { type: 'warning', code: 'STEP_NOT_CAPTURED', step, message };
}
