/**
 * Training as a stream of events: a small loop around a `Session`, which does the work. Nothing happens until the
 * events are read, and between two of them the run stands still.
 */
import * as platform from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { breathe } from './breathe';
import type { TrainConfigInput } from './config';
import type { TrainContext } from './context';
import { openEventFile } from './event-file';
import type { TrainEvent } from './events';
import { openSession } from './open-session';
import type { Session } from './session';
import { type JoinedSinks, joinSinks } from './sinks';

/** The events of a run. Whoever stops reading them stops the run. */
export interface TrainingRun extends AsyncIterable<TrainEvent> {
  /**
   * The network as it is now; from the `start` event to the last. Whoever takes it disposes of it (`disposeModel` of
   * `@neusim/models`); otherwise the run does, when its events end.
   * @throws NeusimError TRAIN_NO_MODEL before the first event and after the last.
   */
  takeModel(): LayersModel;
}

/**
 * Trains the config's model on its data set, on the engine that is started.
 *
 * Reading the events throws NeusimError CONFIG_INVALID with `data.path` of the bad key, TRAIN_NO_BACKEND,
 * TRAIN_NON_FINITE with `data` { step, loss, layer, weight, what, checkpoint }, TRAIN_NO_WORKERS, TRAIN_WORKER_FAILED
 * with `data` { step, worker, reason, checkpoint }, GPU_* with `data` { step, checkpoint }, what `createPool` throws, TRAIN_OUT_TAKEN, CHECKPOINT_NONE,
 * CHECKPOINT_MISMATCH, CHECKPOINT_TRUNCATED, CHECKPOINT_CORRUPT, CHECKPOINT_BAD_MAGIC, CHECKPOINT_VERSION,
 * DATASET_EMPTY, DATASET_BAD_COUNT, DATASET_BAD_LABEL with `data` { split, index, label, classes }, and what the
 * registry, the data set and the platform's files throw.
 */
export function train(config: TrainConfigInput, context: TrainContext): TrainingRun {
  const held: { session?: Session } = {};
  const events = run(config, context, held);
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

async function* run(
  config: TrainConfigInput,
  context: TrainContext,
  held: { session?: Session },
): AsyncGenerator<TrainEvent, void> {
  const { out, files = platform, signal, sinks = [] } = context;
  const session = await openSession(config, context);
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
async function* advance(
  session: Session,
  signal: AbortSignal | undefined,
  sink: JoinedSinks,
): AsyncGenerator<TrainEvent, void> {
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
