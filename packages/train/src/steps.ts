/**
 * One step of a run, from batch to updated weights: op by op, wherever the gradients are computed; or, on an engine that
 * records steps, as one recording that is replayed.
 */
import {
  type CapturedStep,
  type Compilation,
  captureStep,
  compileStep,
  engineAbilities,
  type StepInput,
  type WeightInfo,
} from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { liveTensors } from './checkpoint/state';
import type { Optimizer } from './optimizer';
import type { StepResult } from './training-step';

/** A step that was computed. */
export interface Taken {
  readonly loss: tf.Scalar;
  /** Those that `finish` has still to apply, for whoever wants to know why a loss is no number. */
  readonly grads: tf.NamedTensorMap;
  /** Updates the weights, where that is not done yet. */
  finish(): void;
}

/** How the steps of a run are taken. */
export interface Steps {
  /** Step `step` (0, 1, …). The caller disposes of loss and gradients. */
  take(step: number, learningRate: number): Promise<Taken>;
  /** Compiles ahead what steps run; absent where nothing is compiled. */
  readonly compile?: ((step: number) => Promise<Compilation | null>) | undefined;
  /** Why steps run op by op on an engine that could record them; null where they do not, or it is not known yet. */
  readonly reason: string | null;
  dispose(): void;
}

/** Op by op. @param compute loss and gradients of step `step` (0, 1, …), at the weights of now. */
export function eagerSteps(compute: (step: number) => Promise<StepResult>, optimizer: Optimizer): Steps {
  return {
    reason: null,
    async take(step, learningRate) {
      const { loss, grads } = await compute(step);
      return { loss, grads, finish: () => optimizer.update(grads, learningRate, step + 1) };
    },
    dispose: () => {},
  };
}

/** A step as a function of tensors that have the same shapes at every step. */
export interface Recordable {
  inputs(step: number): Promise<StepInput[]>;
  /** @param inputs tensors of `inputs`. It reads no data from the engine. */
  compute(inputs: readonly tf.Tensor[]): StepResult;
}

/** Recorded and replayed. @param weights all of the model's. */
export function capturedSteps(
  { inputs, compute }: Recordable,
  weights: readonly WeightInfo[],
  optimizer: Optimizer,
): Steps {
  const state = liveTensors(weights, optimizer);
  const whole = ([rate, ...given]: tf.Tensor[]) => {
    const { loss, grads } = compute(given);
    optimizer.apply(grads, rate as tf.Tensor1D);
    tf.dispose(grads);
    return [loss];
  };
  const all = async (step: number, learningRate: number): Promise<StepInput[]> => {
    const rates = Float32Array.from(optimizer.rates(learningRate, step + 1));
    return [{ values: rates, shape: [rates.length] }, ...(await inputs(step))];
  };
  const captured: CapturedStep = captureStep(whole, state);
  return {
    get reason() {
      return captured.reason;
    },
    async take(step, learningRate) {
      const [loss] = await captured.run(await all(step, learningRate));
      return { loss: loss as tf.Scalar, grads: {}, finish: () => {} };
    },
    compile: engineAbilities().compile && (async (step) => compileStep(whole, state, await all(step, 0))),
    dispose: () => captured.dispose(),
  };
}
