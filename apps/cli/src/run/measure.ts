// Measuring takes seconds in which Ctrl-C has to be heard.

import { setImmediate } from 'node:timers/promises';

/** Lets signals arrive, and throws the reason of `signal` where one has. */
export async function breathe(signal: AbortSignal): Promise<void> {
  await setImmediate();
  signal.throwIfAborted();
}

/** What `measuring` gives, or null where `signal` stopped it. */
export async function unlessStopped<T>(signal: AbortSignal, measuring: () => Promise<T>): Promise<T | null> {
  try {
    await breathe(signal);
    return await measuring();
  } catch (thrown) {
    if (signal.aborted && thrown === signal.reason) return null;
    throw thrown;
  }
}
