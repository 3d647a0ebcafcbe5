/**
 * From a step to its replay: the first runs are recorded while they run op by op; as soon as two in a row did the same
 * work, the next run replays it. Inputs of other shapes have a recording of their own.
 */
import {
  type CapturedStep,
  consume,
  requireInputs,
  runEagerly,
  type StepInput,
  type StepState,
  type TensorStep,
  tensorOf,
} from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { requireHealthy } from '../engine/errors';
import type { Gpu } from '../engine/internals';
import { trimBuffers } from '../engine/trim';
import { difference } from './difference';
import { forget, type Recording, record } from './record';
import { createReplay, type Replay } from './replay';

/** Recordings compared at most: a step may do other work at first, but settles. */
const MOST_RECORDINGS = 4;

/** Shapes of inputs that have memory of their own at most. */
const MOST_SHAPES = 8;

const TOO_MANY_SHAPES = `its inputs have had more than ${MOST_SHAPES} shapes`;

interface Shapes {
  last?: Recording;
  recordings: number;
  replay?: Replay;
}

export function capture(gpu: Gpu, step: TensorStep, state: readonly StepState[]): CapturedStep {
  const byShapes = new Map<string, Shapes>();
  let refusal: string | null = null;
  /** Of the last run; null where they were too many. */
  let last: Shapes | null | undefined;
  let isLearning = false;

  const clear = () => {
    for (const shapes of byShapes.values()) {
      shapes.replay?.dispose();
      forget(gpu, shapes.last?.constants ?? []);
      delete shapes.last;
    }
    byShapes.clear();
    last = undefined;
  };

  const refuse = (why: string) => {
    refusal = why;
    clear();
  };

  /** Takes a recording over: to compare, to replay, or to see that there is no use. */
  const learn = async (shapes: Shapes, recording: Recording | string) => {
    if (typeof recording === 'string') return refuse(recording);
    const before = shapes.last;
    shapes.last = recording;
    shapes.recordings++;
    if (!before) return;
    const different = await difference(gpu, before, recording).finally(() => forget(gpu, before.constants));
    // Disposed of meanwhile.
    if (shapes.last !== recording) return;
    if (different === null) {
      shapes.replay = createReplay(gpu, recording, state);
      delete shapes.last;
      trimBuffers(gpu);
    } else if (shapes.recordings >= MOST_RECORDINGS) refuse(different);
  };

  const recorded = async (shapes: Shapes, inputs: readonly StepInput[]) => {
    const tensors = inputs.map(tensorOf);
    const { outputs, recording } = record(gpu, {
      inputs: tensors,
      state: () => state.map((each) => each.read()),
      step: () => consume(step, tensors),
    });
    isLearning = true;
    try {
      await learn(shapes, recording);
      return outputs;
    } catch (error) {
      tf.dispose(outputs);
      throw error;
    } finally {
      isLearning = false;
    }
  };

  return {
    get mode() {
      if (refusal !== null || last === null) return 'eager';
      return last?.replay ? 'replay' : 'recording';
    },
    get reason() {
      return refusal ?? (last === null ? TOO_MANY_SHAPES : null);
    },
    async run(inputs) {
      if (refusal !== null) return runEagerly(step, inputs);
      requireTurn(gpu, isLearning);
      requireInputs(inputs);
      const key = inputs.map(({ shape, values }) => `${shape} ${values.constructor.name}`).join(';');
      last = byShapes.get(key) ?? (byShapes.size < MOST_SHAPES ? { recordings: 0 } : null);
      if (last === null) return runEagerly(step, inputs);
      byShapes.set(key, last);
      return last.replay ? last.replay.run(inputs) : recorded(last, inputs);
    },
    dispose: clear,
  };
}

function requireTurn(gpu: Gpu, isLearning: boolean): void {
  if (tf.backend() !== (gpu as object))
    throw new NeusimError('STEP_ENGINE', 'the step was captured on another engine than the current one', {
      data: { engine: tf.getBackend() },
      hint: 'Capture it anew after startBackend.',
    });
  requireHealthy(gpu.device);
  if (isLearning)
    throw new NeusimError('STEP_BUSY', 'the step is still being recorded by an earlier run', {
      hint: 'Await each run before the next.',
    });
}
