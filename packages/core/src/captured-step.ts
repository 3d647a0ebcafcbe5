/**
 * A step that is recorded once and then replayed: on a GPU the JavaScript around each op costs more than the op. What
 * changes from run to run are its inputs, given as values, and its state, tensors that it reads and replaces (weights,
 * an optimiser's moments); all else has to be the same each time. Engines that cannot record run the step as it is.
 */
import * as tf from '@tensorflow/tfjs-core';
import { type Compilation, engineAbilities } from './engine-abilities';
import type { CapturedStep, StepInput, StepState, TensorStep } from './step';

/** @param state all that lives on and that the step reads: weights that it leaves alone too. */
export function captureStep(step: TensorStep, state: readonly StepState[]): CapturedStep {
  return engineAbilities().capture?.(step, state) ?? eagerStep(step, 'this engine records no steps');
}

/** The step as it is, op by op. */
export function eagerStep(step: TensorStep, reason: string): CapturedStep {
  return {
    mode: 'eager',
    reason,
    run: async (inputs) => runEagerly(step, inputs.map(tensorOf)),
    dispose: () => {},
  };
}

/** One run, op by op. @param inputs disposed of. */
export function runEagerly(step: TensorStep, inputs: tf.Tensor[]): tf.Tensor[] {
  try {
    return step(inputs);
  } finally {
    tf.dispose(inputs);
  }
}

/**
 * Compiles ahead what a step runs, where the engine compiles; the state stays as it is.
 * @returns null on engines that compile nothing. @throws NeusimError GPU_SHADER
 */
export async function compileStep(
  step: TensorStep,
  state: readonly StepState[],
  inputs: readonly StepInput[],
): Promise<Compilation | null> {
  const { compile } = engineAbilities();
  if (!compile) return null;
  // What a kernel that was only compiled has written is garbage.
  const before = state.map((each) => tf.keep(each.read().clone()));
  try {
    return await compile(() => tf.dispose(runEagerly(step, inputs.map(tensorOf))));
  } finally {
    for (const [i, each] of state.entries()) each.write(before[i] as tf.Tensor);
  }
}

/** An input as a tensor of the current engine. */
export function tensorOf({ values, shape }: StepInput): tf.Tensor {
  return tf.tensor(values, [...shape], values instanceof Int32Array ? 'int32' : 'float32');
}
