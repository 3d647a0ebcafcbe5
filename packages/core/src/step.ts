/** A step that an engine may record: what it is given, what it keeps, what it returns. */
import type * as tf from '@tensorflow/tfjs-core';

/** The values of an input; shape and dtype stay from run to run. */
export interface StepInput {
  readonly values: Float32Array | Int32Array;
  readonly shape: readonly number[];
}

/** A tensor that a step reads, and may replace by a new one. */
export interface StepState {
  read(): tf.Tensor;
  /** Takes the tensor over, and disposes of the one before. */
  write(next: tf.Tensor): void;
}

/**
 * The step itself: from its inputs (disposed of afterwards, unless it returns them) to its outputs, none of them a tensor
 * of the state (a copy of one may be). It reads no data from the engine, changes
 * no tensor that lives on but those of the state, and disposes of all else that it makes. Called without a tape or a
 * tidy of ours.
 */
export type TensorStep = (inputs: tf.Tensor[]) => tf.Tensor[];

export interface CapturedStep {
  /**
   * Runs the step, one run at a time.
   * @returns its outputs, which the caller disposes of.
   * @throws NeusimError STEP_INPUT for values that do not fit their shape; on engines that record, GPU_* for what went
   *   wrong before, STEP_STATE for a tensor of the state of another shape or dtype than it had, STEP_ENGINE where another
   *   engine was started since, STEP_BUSY while another run goes on.
   */
  run(inputs: readonly StepInput[]): Promise<tf.Tensor[]>;
  /** What the next run does, as far as is known. */
  readonly mode: 'eager' | 'recording' | 'replay';
  /** Why it cannot be recorded; null where it can, or where that is not known yet. */
  readonly reason: string | null;
  /** Frees what was recorded; the state lives on. */
  dispose(): void;
}
