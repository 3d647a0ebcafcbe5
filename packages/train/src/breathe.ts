/** Letting other work in: signals, timers, a page's clicks. */

const LONGEST_BREATH_HELD_MS = 40;

/** A function to call between pieces of work: it gives the event loop a turn where the last was some time ago. */
export function breathe(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < LONGEST_BREATH_HELD_MS) return;
    await new Promise<void>((resolve) => setTimeout(resolve));
    last = performance.now();
  };
}
