// A pool of real worker threads: what it answers, in what order, and that nothing ever waits for who is dead.

import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Moved } from '../index';
import { buildWorker, goingWrong } from '../test/build-worker';
import { createPool, type Pool, type PoolOptions } from './pool';

let url: URL;
beforeAll(async () => {
  url = await buildWorker();
});

async function pool(size: number, options: Partial<PoolOptions> = {}): Promise<Pool> {
  const made = await createPool({ url, size, ...options });
  onTestFinished(() => made.close());
  return made;
}
const coded = (code: string, data: object = {}) =>
  expect.objectContaining({ code, data: expect.objectContaining(data) });
async function all<T>(results: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const result of results) found.push(result);
  return found;
}

describe('pool.map', () => {
  test('results come in the order of the items, from as many workers as there are', async () => {
    const workers = await pool(3);
    const items = Array.from({ length: 40 }, (_, i) => i);
    expect(await all(workers.map('square', items))).toEqual(items.map((x) => x * x));
    expect(await all(workers.map('square', []))).toEqual([]);
    expect(new Set(await all(workers.map('rank', items))).size).toBe(3);
  });

  test('what the pool is given, every worker is told from the start', async () => {
    const workers = await pool(2, { data: ['a', { b: 1 }] });
    expect(await workers.each('told')).toEqual([
      ['a', { b: 1 }],
      ['a', { b: 1 }],
    ]);
  });

  test('takes items as it needs them, and none after its reader has left', async () => {
    const workers = await pool(2);
    let taken = 0;
    const endless = function* () {
      for (;;) yield taken++;
    };
    for await (const square of workers.map<number>('square', endless())) if (square >= 100) break;
    const then = taken;
    expect(then).toBeLessThan(40);
    expect(await workers.each('rank')).toEqual([0, 1]);
    expect(taken).toBe(then);
  });

  test('a task that fails ends it with its error, and the pool goes on', async () => {
    const workers = await pool(2);
    const results: unknown[] = [];
    const failing = (async () => {
      for await (const result of workers.map('fail', ['no', 'no', 'throw', 'no'])) results.push(result);
    })();
    const error = coded('TEST_FAILED', { met: 1 });
    await expect(failing).rejects.toThrow(error);
    await expect(failing).rejects.toMatchObject({ message: 'as asked', hint: 'ask for less' });
    expect(results).toEqual([undefined, undefined]);
    expect(await workers.each('rank')).toEqual([0, 1]);
  });

  test('the signal stops it with its reason', async () => {
    const workers = await pool(2);
    const controller = new AbortController();
    const reason = new Error('enough');
    const reading = (async () => {
      for await (const square of workers.map<number>('square', [1, 2, 3, 4], { signal: controller.signal }))
        if (square === 4) controller.abort(reason);
    })();
    await expect(reading).rejects.toBe(reason);
    await expect(all(workers.map('square', [1], { signal: controller.signal }))).rejects.toBe(reason);
  });

  test('buffers are moved there and back', async () => {
    const workers = await pool(1);
    const array = Float32Array.of(1, 2, 3);
    const back = await all(workers.map('moved', [new Moved(array, [array.buffer])]));
    expect([array.length, back]).toEqual([0, [Float32Array.of(1, 2, 3)]]);
  });

  test('what cannot be cloned, there or back, and what nobody knows is refused', async () => {
    const workers = await pool(1);
    await expect(all(workers.map('square', [() => {}]))).rejects.toThrow(/could not be cloned/);
    await expect(all(workers.map('function', [1]))).rejects.toThrow(
      coded('POOL_TASK_FAILED', { task: 'function' }),
    );
    const unknown = coded('POOL_UNKNOWN_TASK', { known: expect.arrayContaining(['square']) });
    await expect(all(workers.map('toString', [1]))).rejects.toThrow(unknown);
    await expect(all(workers.map('gather', [{ values: [1] }]))).rejects.toThrow(coded('POOL_GATHER_ALONE'));
    expect(await all(workers.map('square', [3]))).toEqual([9]);
  });
});

describe('pool.each', () => {
  test.each([
    [1, 3],
    [3, 1],
    [3, 2500],
  ])('%i workers gather %i values, many times', async (size, length) => {
    const workers = await pool(size);
    const given = Array.from({ length: size }, (_, rank) =>
      Array.from({ length }, (_, i) => 1000 * rank + i / 3),
    );
    const wanted = given.map((values) => values.map((value) => value + 6));
    const found = await workers.each('gather', (rank) => ({ values: given[rank], times: 7 }));
    expect(found).toEqual(given.map(() => wanted));
  });

  test('calls that overlap do not meet', async () => {
    const workers = await pool(2);
    const calls = [1, 2, 3].map((value) =>
      workers.each('gather', (rank) => ({ values: [10 * value + rank], times: 50 })),
    );
    const seen = (value: number) => [[10 * value + 49], [10 * value + 50]];
    expect(await Promise.all(calls)).toEqual([1, 2, 3].map((value) => [seen(value), seen(value)]));
  });

  test('where one throws, those that wait for it are released, and the pool goes on', async () => {
    const workers = await pool(3);
    for (const rank of [0, 2]) {
      const error = coded('TEST_FAILED', { worker: rank });
      await expect(workers.each('desert', () => ({ rank, how: 'throw' }))).rejects.toThrow(error);
      expect(await workers.each('gather', (rank) => ({ values: [rank] }))).toEqual(
        Array(3).fill([[0], [1], [2]]),
      );
    }
  });

  test('where one only ends its task, or gives another number of values, the others are told', async () => {
    const workers = await pool(2);
    await expect(workers.each('desert', () => ({ rank: 1, how: 'nothing' }))).rejects.toThrow(
      coded('POOL_GATHER_ALONE'),
    );
    await expect(workers.each('gather', (rank) => ({ values: rank === 0 ? [1] : [1, 2] }))).rejects.toThrow(
      coded('POOL_GATHER_LENGTHS', { lengths: [1, 2] }),
    );
    expect(await workers.each('rank')).toEqual([0, 1]);
  });

  test('an item that cannot be cloned releases the others', async () => {
    const workers = await pool(2);
    const mixed = (rank: number) => (rank === 0 ? { values: [1] } : { values: () => {} });
    await expect(workers.each('gather', mixed)).rejects.toThrow(/could not be cloned/);
    expect(await workers.each('rank')).toEqual([0, 1]);
  });

  test('without shared memory it is refused', async () => {
    const workers = await pool(2, { shareMemory: false });
    expect(workers.sharesMemory).toBe(false);
    await expect(workers.each('gather', () => ({ values: [1] }))).rejects.toThrow(
      coded('POOL_NO_SHARED_MEMORY'),
    );
  });
});

describe('a worker that dies', () => {
  test.each([
    ['exit', /exit code 7/],
    ['leave', /ended of itself/],
    ['crash', /out of order/],
  ])('by %s while the others wait for it ends all calls', async (how, reason) => {
    const workers = await pool(3);
    const mapped = all(workers.map('square', [1, 2, 3]));
    const dead = coded('POOL_WORKER_DIED', { worker: 1, reason: expect.stringMatching(reason) });
    const call = workers.each('desert', () => ({ rank: 1, how }));
    const later = workers.each('rank');
    await expect(call).rejects.toThrow(dead);
    await expect(later).rejects.toThrow(dead);
    await mapped.catch((error) => expect(error).toEqual(dead));
    await expect(workers.each('rank')).rejects.toThrow(dead);
    await expect(all(workers.map('square', [1]))).rejects.toThrow(dead);
  });

  test('at its start is told', async () => {
    const missing = new URL('missing.mjs', url);
    await expect(pool(2, { url: missing })).rejects.toThrow(coded('POOL_WORKER_DIED'));
  });

  test('or never serves, is not waited for without end', async () => {
    const silent = goingWrong(url, { rank: 0, step: 1, how: 'silent' });
    await expect(pool(2, { url: silent, startSeconds: 0.3 })).rejects.toThrow(
      coded('POOL_START_TIMEOUT', { size: 2, ready: [] }),
    );
  });
});

test('a closed pool answers no more, and a size is a whole number from 1', async () => {
  const workers = await pool(1);
  const call = workers.each('square', () => 3);
  await workers.close();
  await expect(call).rejects.toThrow(coded('POOL_CLOSED'));
  await expect(workers.each('rank')).rejects.toThrow(coded('POOL_CLOSED'));
  for (const size of [0, 1.5]) await expect(pool(size)).rejects.toThrow(coded('POOL_SIZE', { size }));
});
