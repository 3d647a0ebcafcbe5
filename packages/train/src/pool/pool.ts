/**
 * Workers that stay, each a thread with an engine of its own, and what they can be asked to do: a task for every item
 * of a list, whoever is free, or one task in all of them together. Whoever owns the pool never blocks: it waits for
 * messages, and a worker's death is one.
 */
import type { WorkerHandle } from '@neusim/platform';
import * as platform from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import { canShareMemory, type Meeting, meetingMemory, openMeeting } from './meeting';
import { type Reply, type Request, toError, unpack, type Welcome } from './messages';
import { streamInOrder } from './stream';

export interface PoolOptions {
  /** The module that each worker runs: it calls `serveTasks`. */
  readonly url: URL;
  /** Workers: 1 or more. */
  readonly size: number;
  /** What every worker is told from the start: what can be cloned. `poolData` gives it there. */
  readonly data?: unknown;
  /** Default: of `@neusim/platform`. */
  readonly spawn?: platform.Platform['spawn'] | undefined;
  /** Whether workers share memory; default: where the platform can. Without, they cannot gather. */
  readonly shareMemory?: boolean | undefined;
  /** Seconds for all workers to start; default 120. */
  readonly startSeconds?: number | undefined;
}

export interface Pool {
  readonly size: number;
  /** Whether the workers share memory, with each other and with this thread. */
  readonly sharesMemory: boolean;
  /**
   * The results of a task for each item, in the items' order, whichever worker is free doing the next. Items (or
   * promises of them) are taken as they are needed; whoever stops reading stops the work.
   * @throws NeusimError of the first item that fails, as `each`; or the signal's reason.
   */
  map<R>(
    task: string,
    items: Iterable<unknown>,
    options?: { signal?: AbortSignal | undefined },
  ): AsyncGenerator<R>;
  /**
   * Runs a task once in every worker at the same time: its results, by rank. They may gather.
   * @param itemOf what worker `rank` is given: what can be cloned, or a `Moved`.
   * @throws NeusimError what the task threw first, with `data.worker`, its rank (any other error: POOL_TASK_FAILED);
   *   POOL_UNKNOWN_TASK; POOL_WORKER_DIED with `data` { worker, reason }, after which the pool is of no use;
   *   POOL_CLOSED.
   */
  each<R>(task: string, itemOf?: (rank: number) => unknown): Promise<R[]>;
  /** Ends the workers. */
  close(): Promise<void>;
}

interface Waiting {
  readonly rank: number;
  readonly task: string;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/**
 * Starts the workers and resolves when all of them serve.
 * @throws NeusimError POOL_SIZE, POOL_WORKER_DIED, POOL_START_TIMEOUT
 */
export async function createPool(options: PoolOptions): Promise<Pool> {
  const {
    url,
    size,
    data,
    spawn = platform.spawn,
    shareMemory = canShareMemory(),
    startSeconds = 120,
  } = options;
  if (!(Number.isInteger(size) && size >= 1))
    throw new NeusimError('POOL_SIZE', `size is ${size}; allowed: whole numbers from 1`, {
      data: { size },
      hint: 'Give the number of workers: cores() of @neusim/platform, say.',
    });
  const memory = shareMemory ? meetingMemory(size) : null;
  const meeting: Meeting | null = memory && openMeeting(memory, size);
  const waiting = new Map<number, Waiting>();
  const ready = new Set<number>();
  let lastId = 0;
  let broken: NeusimError | undefined;
  let started: () => void = () => {};
  let notStarted: (error: NeusimError) => void = () => {};
  const start = new Promise<void>((resolve, reject) => {
    [started, notStarted] = [resolve, reject];
  });

  const breakDown = (error: NeusimError) => {
    if (broken) return;
    broken = error;
    meeting?.breakOff();
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    notStarted(error);
    for (const worker of workers) void worker.terminate();
  };
  const workers: WorkerHandle[] = [];
  const begin = (rank: number) => {
    const welcome: Welcome = { rank, size, meeting: memory, data };
    const worker = spawn(url, welcome);
    workers.push(worker);
    worker.onError((cause) => breakDown(died(rank, cause.message, cause)));
    worker.onExit(() => breakDown(died(rank, 'it ended of itself')));
    worker.onMessage((message) => {
      const reply = message as Reply;
      if ('ready' in reply) {
        if (ready.add(rank).size === size) started();
        return;
      }
      const call = waiting.get(reply.id);
      if (!call || !waiting.delete(reply.id)) return;
      if ('failure' in reply) call.reject(toError(reply.failure, call.task, rank));
      else call.resolve(reply.result);
    });
  };
  try {
    for (let rank = 0; rank < size; rank++) begin(rank);
  } catch (error) {
    for (const worker of workers) void worker.terminate();
    throw error;
  }

  const call = (rank: number, task: string, item: unknown, together: boolean) =>
    new Promise<unknown>((resolve, reject) => {
      if (broken) return reject(broken);
      const id = ++lastId;
      const { value, buffers } = unpack(item);
      const request: Request = { id, task, item: value, together };
      workers[rank]?.post(request, buffers);
      waiting.set(id, { rank, task, resolve, reject });
    });

  const together = async (task: string, itemOf: (rank: number) => unknown) => {
    meeting?.begin();
    let first: unknown;
    const calls = workers.map(async (_, rank) => {
      try {
        return await call(rank, task, itemOf(rank), true);
      } catch (error) {
        // Those that were released say so; the first to fail is who has something to say.
        if (!first || (first as NeusimError).code === 'POOL_RELEASED') first = error;
        meeting?.breakOff();
        return undefined;
      }
    });
    const results = await Promise.all(calls);
    if (first) throw broken ?? first;
    return results;
  };

  const timer = setTimeout(() => notStarted(late(startSeconds, size, ready)), 1000 * startSeconds);
  try {
    await start;
  } catch (error) {
    breakDown(error as NeusimError);
    throw error;
  } finally {
    clearTimeout(timer);
  }

  let turn: Promise<unknown> = Promise.resolve();
  return {
    size,
    sharesMemory: memory !== null,
    map: <R>(task: string, items: Iterable<unknown>, { signal }: { signal?: AbortSignal | undefined } = {}) =>
      streamInOrder(items, size, (item, rank) => call(rank, task, item, false) as Promise<R>, signal),
    each<R>(task: string, itemOf: (rank: number) => unknown = () => undefined) {
      // One at a time: two that gather at once would meet each other.
      const run = turn.then(() => together(task, itemOf));
      turn = run.catch(() => {});
      return run as Promise<R[]>;
    },
    async close() {
      breakDown(new NeusimError('POOL_CLOSED', 'the pool is closed', { hint: 'Create another.' }));
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function died(rank: number, reason: string, cause?: unknown): NeusimError {
  return new NeusimError('POOL_WORKER_DIED', `worker ${rank} died: ${reason}`, {
    data: { worker: rank, reason },
    hint: 'Where memory ran out, take fewer workers or a smaller batch.',
    cause,
  });
}

function late(seconds: number, size: number, ready: ReadonlySet<number>): NeusimError {
  return new NeusimError('POOL_START_TIMEOUT', `${ready.size} of ${size} workers serve after ${seconds} s`, {
    data: { seconds, size, ready: [...ready] },
    hint: "The worker's module has to call serveTasks(await port(), tasks).",
  });
}
