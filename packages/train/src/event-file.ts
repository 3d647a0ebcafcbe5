/**
 * `events.jsonl` of a run's folder: one event a line, as of one run however often it was stopped. It is written whole
 * and atomically, so that no line in it is ever a part of one; a kill costs the lines since the last flush, which a
 * resumed run tells again.
 */
import type { TrainFiles } from './context';
import type { History, StartEvent, TrainEvent } from './events';
import type { RunConfig } from './run-config';
import type { EventSink } from './sinks';

const NAME = 'events.jsonl';

/**
 * Begins a run's file, or goes on with the one that is there: what came after the step gone on from, other runs'
 * steps and earlier stops are dropped, and the first `start` is kept with the config of now.
 * @param history what the checkpoint has of the run.
 * @returns what takes the events after `start`; it writes the file where one is more than one more step.
 * @throws NeusimError PLATFORM_WRITE_FAILED
 */
export async function openEventFile(
  files: TrainFiles,
  out: string,
  start: StartEvent<RunConfig>,
  history: History,
): Promise<EventSink> {
  const path = files.joinPath(out, NAME);
  const before =
    start.resumedFrom !== null && (await files.exists(path)) ? parseLines(await files.readText(path)) : [];
  const first = before.find((event) => event.type === 'start');
  const kept = before.filter(isOf(history, start.step));
  const { step, resumedFrom } = first ?? start;
  const lines = [{ ...start, step, resumedFrom }, ...kept].map((event) => JSON.stringify(event));
  let written = -1;
  const flush = async () => {
    if (written === lines.length) return;
    await files.writeAtomic(path, `${lines.join('\n')}\n`);
    written = lines.length;
  };
  await flush();
  return {
    async add(event) {
      if (event.type === 'progress') return;
      lines.push(JSON.stringify(event));
      if (event.type !== 'step') await flush();
    },
    flush,
  };
}

/** Whether an earlier event belongs to the run as it goes on from `step`. */
function isOf({ steps, evaluations }: History, step: number): (event: TrainEvent<RunConfig>) => boolean {
  const lossAt = {
    step: new Map(steps.map((known) => [known.step, known.loss])),
    evaluation: new Map(evaluations.map((known) => [known.step, known.loss])),
  };
  return (event) => {
    switch (event.type) {
      case 'step':
      case 'evaluation':
        return lossAt[event.type].get(event.step) === event.loss;
      case 'checkpoint':
      case 'compilation':
      case 'warning':
        return event.step <= step;
      default:
        return false;
    }
  };
}

/** The events in a file's text; lines that are none are left out. */
function parseLines(text: string): TrainEvent<RunConfig>[] {
  return text.split('\n').flatMap((line) => {
    try {
      const event = JSON.parse(line);
      return typeof event?.type === 'string' ? [event] : [];
    } catch {
      return [];
    }
  });
}
