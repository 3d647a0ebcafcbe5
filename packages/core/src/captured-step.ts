/**
 * A step that is recorded once and then replayed: on a GPU the JavaScript around each op costs more than the op. What
 * changes from run to run are its inputs, given as values, and its state, tensors that it reads and replaces (weights,
 * an optimiser's moments); all else has to be the same each time. Engines that cannot record run the step as it is.
 */
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { type Compilation, engineAbilities } from './engine-abilities';
import type { CapturedStep, StepInput, StepState, TensorStep } from './step';

/**
 * @param state all that lives on and that the step reads: weights that it leaves alone too.
 * @returns the step; it belongs to the engine that is the current one now.
 */
export function captureStep(step: TensorStep, state: readonly StepState[]): CapturedStep {
  return engineAbilities().capture?.(step, state) ?? eagerStep(step, 'this engine records no steps');
}

/** The step as it is, op by op. */
export function eagerStep(step: TensorStep, reason: string): CapturedStep {
  return {
    mode: 'eager',
    reason,
    run: async (inputs) => runEagerly(step, inputs),
    dispose: () => {},
  };
}

/** One run, op by op. @throws NeusimError STEP_INPUT */
export function runEagerly(step: TensorStep, inputs: readonly StepInput[]): tf.Tensor[] {
  requireInputs(inputs);
  return consume(step, inputs.map(tensorOf));
}

/** Runs the step and disposes of its inputs, but for those that it returns. */
export function consume(step: TensorStep, inputs: tf.Tensor[]): tf.Tensor[] {
  let outputs: tf.Tensor[] = [];
  try {
    outputs = step(inputs);
    return outputs;
  } finally {
    tf.dispose(inputs.filter((input) => !outputs.includes(input)));
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
    return await compile(() => tf.dispose(runEagerly(step, inputs)));
  } finally {
    for (const [i, each] of state.entries()) each.write(before[i] as tf.Tensor);
  }
}

/** @throws NeusimError STEP_INPUT for values that are no Float32Array or Int32Array, or do not fit their shape. */
export function requireInputs(inputs: readonly StepInput[]): void {
  for (const [index, { values, shape }] of inputs.entries()) {
    const isTyped = values instanceof Float32Array || values instanceof Int32Array;
    const size = tf.util.sizeFromShape(shape as number[]);
    if (isTyped && values.length === size) continue;
    const met = isTyped ? `${values.length} values` : 'neither a Float32Array nor an Int32Array';
    throw new NeusimError('STEP_INPUT', `input ${index} of the step is ${met}, and its shape [${shape}]`, {
      data: { index, shape, length: (values as ArrayLike<number>).length, wanted: size },
      hint: `Give ${size} values in a Float32Array, or in an Int32Array for whole numbers.`,
    });
  }
}

/** An input as a tensor of the current engine. */
export function tensorOf({ values, shape }: StepInput): tf.Tensor {
  return tf.tensor(values, [...shape], values instanceof Int32Array ? 'int32' : 'float32');
}
