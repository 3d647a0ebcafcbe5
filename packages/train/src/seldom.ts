/** What lasts long, told now and then. */

const LEAST_MS_BETWEEN = 250;

/**
 * What `work` returns, with `tell` of what it yields, at most four times a second. What it holds is freed where nobody
 * reads on.
 */
export async function* seldom<T, R, E>(
  work: AsyncGenerator<T, R>,
  tell: (done: T) => E,
): AsyncGenerator<E, R> {
  try {
    let told = performance.now();
    let next = await work.next();
    for (; !next.done; next = await work.next()) {
      if (performance.now() - told < LEAST_MS_BETWEEN) continue;
      yield tell(next.value);
      told = performance.now();
    }
    return next.value;
  } finally {
    await work.return(undefined as never);
  }
}
