/** Work that tells its progress by a callback, as a generator that yields it. */

/**
 * Yields the last thing told, whenever there is something new; the work goes on meanwhile. Whoever stops reading stops it.
 * @param work is given what it tells by, and a signal that stops it.
 */
export async function* following<T, R>(
  work: (tell: (done: T) => void, signal: AbortSignal) => Promise<R>,
  signal?: AbortSignal,
): AsyncGenerator<T, R> {
  const controller = new AbortController();
  const stop = () => controller.abort(signal?.reason);
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  let news: { readonly value: T } | undefined;
  let wake = () => {};
  let isOver = false;
  const running = work((value) => {
    news = { value };
    wake();
  }, controller.signal).finally(() => {
    isOver = true;
    wake();
  });
  // Told by the `await` below; nobody may get that far.
  running.catch(() => {});
  try {
    for (;;) {
      if (news) {
        const { value } = news;
        news = undefined;
        yield value;
      } else if (isOver) return await running;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    controller.abort();
    await running.catch(() => {});
  }
}
