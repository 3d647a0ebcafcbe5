/** The worker's side of a pool: tasks by name, run one at a time in the order in which they are asked for. */
import type { WorkerPort } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import { type Meeting, openMeeting } from './meeting';
import { type Reply, type Request, toFailure, unpack, type Welcome } from './messages';

/** What a task sees of its pool. */
export interface PoolWorker {
  /** 0 … size - 1. */
  readonly rank: number;
  /** Workers in the pool. */
  readonly size: number;
  /**
   * Gives values to all workers and returns those of each, by rank; blocks until all have given as many. Only in a task
   * that `pool.each` runs, and where workers share memory.
   * @throws NeusimError POOL_GATHER_ALONE, POOL_NO_SHARED_MEMORY, POOL_GATHER_LENGTHS, and POOL_RELEASED where another
   *   worker has failed.
   */
  gather(own: Float64Array): readonly Float64Array[];
}

/**
 * @param item what the pool was given: a structured clone.
 * @returns (or resolves to) what can be cloned, or a `Moved`.
 */
export type Task = (item: any, worker: PoolWorker) => unknown;
export type Tasks = Readonly<Record<string, Task>>;

/** What the owner of the pool tells its workers: `data` of `createPool`. For a worker that needs it before it serves. */
export function poolData(port: WorkerPort): unknown {
  return (port.data as Welcome).data;
}

/** Answers a pool's requests until it closes. Names are checked when they are asked for. */
export function serveTasks(port: WorkerPort, tasks: Tasks): void {
  const { rank, size, meeting: memory } = port.data as Welcome;
  const meeting = memory ? openMeeting(memory, size) : null;
  const post = (reply: Reply, buffers: readonly ArrayBuffer[] = []) => port.post(reply, buffers);

  const answer = async ({ id, task, item, together }: Request) => {
    try {
      const run = Object.hasOwn(tasks, task) ? tasks[task] : undefined;
      if (!run) throw unknownTask(task, Object.keys(tasks));
      const gather = (own: Float64Array) => gatherIn(together, meeting).gather(rank, own);
      const { value, buffers } = unpack(await run(item, { rank, size, gather }));
      if (together) meeting?.leave();
      post({ id, result: value }, buffers);
    } catch (error) {
      // At once, not by way of the owner: the others may be waiting.
      if (together) meeting?.breakOff();
      post({ id, failure: toFailure(error) });
    }
  };

  let last: Promise<void> = Promise.resolve();
  port.onMessage((message) => {
    last = last.then(() => answer(message as Request));
  });
  post({ ready: true });
}

function gatherIn(together: boolean, meeting: Meeting | null): Meeting {
  if (!together)
    throw new NeusimError('POOL_GATHER_ALONE', 'a task of pool.map cannot gather: the others may be idle', {
      hint: 'Run it with pool.each, which runs it in every worker at the same time.',
    });
  if (meeting) return meeting;
  throw new NeusimError('POOL_NO_SHARED_MEMORY', 'workers cannot gather: no memory can be shared here', {
    hint: 'Serve the page cross-origin isolated (the headers COOP: same-origin and COEP: require-corp).',
  });
}

function unknownTask(task: string, known: readonly string[]): NeusimError {
  return new NeusimError('POOL_UNKNOWN_TASK', `the worker has no task '${task}'`, {
    data: { task, known },
    hint: `It has: ${known.join(', ') || 'none'}. Tasks are given to serveTasks in the worker's module.`,
  });
}
