/** What a pool and its workers say to each other, and errors on their way through a message. */
import { NeusimError } from '@neusim/registry';

/** Passed to `spawn`. */
export interface Welcome {
  readonly rank: number;
  readonly size: number;
  readonly meeting: SharedArrayBuffer | null;
  readonly data: unknown;
}

export interface Request {
  readonly id: number;
  readonly task: string;
  readonly item: unknown;
  /** Whether every worker runs it at this time, so that they may gather. */
  readonly together: boolean;
}

export type Reply =
  | { readonly ready: true }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: Failure };

export interface Failure {
  readonly message: string;
  readonly stack?: string | undefined;
  readonly code?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly hint?: string;
}

/** A value on its way between threads, whose buffers are moved in place of being copied. */
export class Moved {
  constructor(
    readonly value: unknown,
    readonly buffers: readonly ArrayBuffer[],
  ) {}
}

/** What to post of an item or a result. */
export function unpack(given: unknown): {
  readonly value: unknown;
  readonly buffers: readonly ArrayBuffer[];
} {
  return given instanceof Moved ? given : { value: given, buffers: [] };
}

/** An error as plain data, whatever it holds. */
export function toFailure(thrown: unknown): Failure {
  const { message = String(thrown), stack } = Object(thrown) as Partial<Error>;
  if (!(thrown instanceof NeusimError)) return { message, stack };
  const { code, hint, data } = thrown;
  return { message, stack, code, hint, data: plain(data) };
}

/** The error again. One of ours keeps its code; any other gets POOL_TASK_FAILED. `data.worker` is the rank. */
export function toError(
  { code, message, data, hint, stack }: Failure,
  task: string,
  rank: number,
): NeusimError {
  if (code !== undefined)
    return new NeusimError(code, message, { data: { ...data, worker: rank }, hint: hint ?? '' });
  return new NeusimError('POOL_TASK_FAILED', `the task ${task} failed in worker ${rank}: ${message}`, {
    data: { task, worker: rank, reason: message },
    hint: 'The cause has the stack.',
    cause: Object.assign(new Error(message), { stack }),
  });
}

function plain(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  try {
    return structuredClone(data);
  } catch {
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, String(value)]));
  }
}
