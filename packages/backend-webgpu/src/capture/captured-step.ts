/**
 * From a step to its replay: the first runs are recorded while they run op by op; as soon as two in a row did the same
 * work, the next run replays it. Inputs of other shapes have a recording of their own.
 */
import { type CapturedStep, runEagerly, type StepState, type TensorStep, tensorOf } from '@neusim/core';
import type * as tf from '@tensorflow/tfjs-core';
import type { Gpu } from '../engine/internals';
import { trimBuffers } from '../engine/trim';
import { difference } from './difference';
import { forget, type Recording, record } from './record';
import { createReplay, type Replay } from './replay';

/** Recordings compared at most: a step may do other work at first, but settles. */
const MOST_RECORDINGS = 4;

interface Shapes {
  last?: Recording;
  recordings: number;
  replay?: Replay;
}

export function capture(gpu: Gpu, step: TensorStep, state: readonly StepState[]): CapturedStep {
  const byShapes = new Map<string, Shapes>();
  let reason: string | null = null;
  let last: Shapes | undefined;

  const refuse = (why: string) => {
    reason = why;
    for (const shapes of byShapes.values()) forget(gpu, shapes.last?.constants ?? []);
    byShapes.clear();
  };

  /** Takes a recording over: to compare, to replay, or to see that there is no use. */
  const learn = async (shapes: Shapes, recording: Recording | string) => {
    if (typeof recording === 'string') return refuse(recording);
    const before = shapes.last;
    shapes.last = recording;
    shapes.recordings++;
    if (!before) return;
    const different = await difference(gpu, before, recording);
    forget(gpu, before.constants);
    if (different === null) {
      shapes.replay = createReplay(gpu, recording, state);
      delete shapes.last;
      trimBuffers(gpu);
    } else if (shapes.recordings >= MOST_RECORDINGS) refuse(different);
  };

  return {
    get mode() {
      if (reason !== null) return 'eager';
      return last?.replay ? 'replay' : 'recording';
    },
    get reason() {
      return reason;
    },
    async run(inputs) {
      if (reason !== null) return runEagerly(step, inputs.map(tensorOf));
      const key = inputs.map(({ shape, values }) => `${shape} ${values.constructor.name}`).join(';');
      const shapes = byShapes.get(key) ?? { recordings: 0 };
      byShapes.set(key, shapes);
      last = shapes;
      if (shapes.replay) return shapes.replay.run(inputs);
      const tensors = inputs.map(tensorOf);
      const { outputs, recording } = record(gpu, {
        inputs: tensors,
        state: () => state.map((each) => each.read()),
        step: (): tf.Tensor[] => runEagerly(step, tensors),
      });
      await learn(shapes, recording);
      return outputs;
    },
    dispose() {
      for (const shapes of byShapes.values()) {
        shapes.replay?.dispose();
        forget(gpu, shapes.last?.constants ?? []);
      }
      byShapes.clear();
    },
  };
}
