/** A run as a stream of events: a small loop around a `Session`, which does the work. */
import * as platform from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { breathe } from './breathe';
import type { TrainConfig } from './config';
import type { RunContext } from './context';
import { openEventFile } from './event-file';
import type { TrainEvent } from './events';
import type { Opener } from './objective';
import { openSession } from './open-session';
import type { RunConfig } from './run-config';
import type { Session } from './session';
import { type JoinedSinks, joinSinks } from './sinks';

/** The events of a run. Whoever stops reading them stops the run. */
export interface TrainingRun<C = TrainConfig> extends AsyncIterable<TrainEvent<C>> {
  /**
   * The network as it is now; from the `start` event to the last. Whoever takes it disposes of it (`disposeModel` of
   * `@neusim/models`); otherwise the run does, when its events end.
   * @throws NeusimError TRAIN_NO_MODEL before the first event and after the last.
   */
  takeModel(): LayersModel;
}

/**
 * The run of an objective. Nothing happens until the events are read, and between two of them the run stands still.
 * @param open called then: what it trains on, and how it is tested.
 */
export function startRun<C extends RunConfig>(open: () => Opener<C>, context: RunContext): TrainingRun<C> {
  const held: Held<C> = {};
  const events = run(open, context, held);
  return {
    [Symbol.asyncIterator]: () => events,
    takeModel() {
      if (held.session) return held.session.takeModel();
      throw new NeusimError('TRAIN_NO_MODEL', 'the run has no model now', {
        hint: "Take it while its events are read: at 'end', say.",
      });
    },
  };
}

interface Held<C extends RunConfig> {
  session?: Session<C> | undefined;
}

async function* run<C extends RunConfig>(
  open: () => Opener<C>,
  context: RunContext,
  held: Held<C>,
): AsyncGenerator<TrainEvent<C>, void> {
  const { out, files = platform, signal, sinks = [] } = context;
  const session = await openSession(open(), context);
  held.session = session;
  let sink = joinSinks(sinks);
  try {
    const start = session.startEvent();
    const file = out === undefined ? [] : [await openEventFile(files, out, start, session.history)];
    await sink.add(start);
    sink = joinSinks([...file, ...sinks]);
    yield start;
    for await (const event of advance(session, signal, sink)) {
      await sink.add(event);
      yield event;
    }
  } catch (error) {
    if (error instanceof NeusimError && error.code.startsWith('GPU_'))
      throw gpuFailed(error, session.step, session.checkpoint);
    if (!(error instanceof NeusimError) || error.data.worker === undefined) throw error;
    // The state of the last step is here, not in the workers: nothing is lost.
    // What stopped the run matters more than a checkpoint that cannot be written.
    const saved = session.unsaved ? await session.save().catch(() => null) : null;
    if (saved) {
      await sink.add(saved).catch(() => {});
      yield saved;
    }
    throw error.code === 'POOL_WORKER_DIED' ? workerFailed(error, session.step, session.checkpoint) : error;
  } finally {
    // Where the run broke or its reader left; what stopped it matters more than a file that cannot be written.
    await sink.flush().catch(() => {});
    held.session = undefined;
    await session.dispose();
  }
}

/** What a GPU computed since the last checkpoint is not to be trusted: nothing more is saved. */
function gpuFailed(cause: NeusimError, step: number, checkpoint: string | null): NeusimError {
  return new NeusimError(cause.code, `${cause.message}, by step ${step}`, {
    data: { ...cause.data, step, checkpoint },
    hint: `${cause.hint} ${checkpointHint(checkpoint)}`,
    cause,
  });
}

const checkpointHint = (checkpoint: string | null) =>
  checkpoint ? `The last checkpoint is ${checkpoint}.` : 'There is no checkpoint.';

function workerFailed(cause: NeusimError, step: number, checkpoint: string | null): NeusimError {
  const { worker, reason } = cause.data;
  const back = checkpoint
    ? `The last checkpoint, ${checkpoint}, is of step ${step}.`
    : 'There is no checkpoint.';
  return new NeusimError('TRAIN_WORKER_FAILED', `worker ${worker} died after step ${step}: ${reason}`, {
    data: { step, worker, reason, checkpoint },
    hint: `${cause.hint} ${back}`,
    cause,
  });
}

/** All events after the start. What led to a checkpoint is in the sinks before the checkpoint is. */
async function* advance<C extends RunConfig>(
  session: Session<C>,
  signal: AbortSignal | undefined,
  sink: JoinedSinks,
): AsyncGenerator<TrainEvent<C>, void> {
  const pause = breathe();
  const save = async () => {
    await sink.flush();
    return session.save();
  };
  yield* session.notices();
  if (!session.isFinished && !signal?.aborted) yield* session.compile();
  for (;;) {
    if (session.evaluationIsDue && !signal?.aborted) {
      const evaluation = yield* session.evaluate(signal);
      if (evaluation) yield evaluation;
    }
    if (session.isFinished && !signal?.aborted) yield* session.settle(signal);
    if (session.checkpointIsDue) yield await save();
    if (signal?.aborted) {
      const { step, unsaved } = session;
      if (unsaved) yield await save();
      yield { type: 'aborted', step, checkpoint: session.checkpoint };
      return;
    }
    if (session.isFinished) break;
    await session.advance();
    const { step, config } = session;
    yield { type: 'progress', phase: 'training', step, done: step, total: config.steps };
    yield* session.notices();
    await pause();
  }
  yield await session.finish();
}
