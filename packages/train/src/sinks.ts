/** Where a run's events go besides to whoever reads them: files, pages, other tools. */
import type { TrainEvent } from './events';
import type { RunConfig } from './run-config';

export interface EventSink {
  /** Takes each event, before the run's reader does; the run waits for it, and stops where it throws. */
  add(event: TrainEvent<RunConfig>): void | Promise<void>;
  /** Writes what was taken: before every checkpoint, and when the run ends in whatever way. */
  flush?(): void | Promise<void>;
}

export interface JoinedSinks {
  add(event: TrainEvent<RunConfig>): Promise<void>;
  flush(): Promise<void>;
}

/** Many as one, in their order. One that cannot write keeps none of the others from it: the first failure is thrown at the end. */
export function joinSinks(sinks: readonly EventSink[]): JoinedSinks {
  return {
    async add(event) {
      for (const sink of sinks) await sink.add(event);
    },
    async flush() {
      const failures: unknown[] = [];
      for (const sink of sinks) {
        try {
          await sink.flush?.();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
