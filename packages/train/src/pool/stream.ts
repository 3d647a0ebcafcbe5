/** Work spread over workers as they get free, its results in the order of the items. */

/** Of one worker's: so that it finds its next item without a wait. */
const AHEAD = 2;
/** Results that are done before an earlier one is, for each worker. */
const LEAD = 4;

/**
 * @param items each may be a promise of itself.
 * @param run does one item on one worker.
 * @throws what `run` throws, or the signal's reason, in the item's place.
 */
export async function* streamInOrder<R>(
  items: Iterable<unknown>,
  size: number,
  run: (item: unknown, rank: number) => Promise<R>,
  signal?: AbortSignal,
): AsyncGenerator<R> {
  const source = items[Symbol.iterator]();
  const load = new Array<number>(size).fill(0);
  const begun: Promise<R>[] = [];
  let open = true;

  const take = async (item: unknown, rank: number) => run(await item, rank);
  const fill = () => {
    while (open && begun.length < LEAD * size) {
      const least = Math.min(...load);
      if (least >= AHEAD) return;
      const rank = load.indexOf(least);
      let next: IteratorResult<unknown>;
      try {
        next = source.next();
      } catch (error) {
        // In the place of the item that cannot be had: what came before it is given first.
        open = false;
        const failed = Promise.reject(error);
        failed.catch(() => {});
        begun.push(failed);
        return;
      }
      if (next.done) {
        open = false;
        return;
      }
      load[rank]!++;
      const result = take(next.value, rank).finally(() => {
        load[rank]!--;
        fill();
      });
      // Whoever reads the result hears of it; whoever has left does not care.
      result.catch(() => {});
      begun.push(result);
    }
  };

  let stop: (reason: unknown) => void = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = reject;
  });
  stopped.catch(() => {});
  const abort = () => stop(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    signal?.throwIfAborted();
    for (;;) {
      fill();
      const next = begun.shift();
      if (!next) return;
      yield await Promise.race([next, stopped]);
    }
  } finally {
    open = false;
    signal?.removeEventListener('abort', abort);
    source.return?.();
  }
}
