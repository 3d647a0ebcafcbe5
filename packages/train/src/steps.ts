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
import { isMixing } from '@neusim/datasets';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { liveTensors } from './checkpoint/state';
import type { Compute } from './compute';
import type { TrainConfig } from './config';
import type { Loader } from './loader';
import type { Optimizer } from './optimizer';
import { gradientsOf } from './training-step';

export interface Taken {
  readonly loss: tf.Scalar;
  /** Those that `finish` has still to apply, for whoever wants to know why a loss is no number. */
  readonly grads: tf.NamedTensorMap;
  /** Updates the weights, where that is not done yet. */
  finish(): void;
}

export interface Steps {
  /** Step `step` (0, 1, …). The caller disposes of loss and gradients. */
  take(step: number, learningRate: number): Promise<Taken>;
  /** Compiles ahead what steps run; absent where nothing is compiled. */
  readonly compile?: ((step: number) => Promise<Compilation | null>) | undefined;
  /** Why steps run op by op on an engine that could record them; null where they do not, or it is not known yet. */
  readonly reason: string | null;
  dispose(): void;
}

/** Op by op. */
export function eagerSteps(compute: Compute, optimizer: Optimizer): Steps {
  return {
    reason: null,
    async take(step, learningRate) {
      const { loss, grads } = await compute.step(step);
      return { loss, grads, finish: () => optimizer.update(grads, learningRate, step + 1) };
    },
    dispose: () => {},
  };
}

interface Work {
  readonly config: TrainConfig;
  readonly model: LayersModel;
  readonly loader: Loader;
}

/** Recorded and replayed. @param weights all of the model's. */
export function capturedSteps(
  { config, model, loader }: Work,
  weights: readonly WeightInfo[],
  optimizer: Optimizer,
): Steps {
  const trainable = weights.filter((weight) => weight.trainable);
  const state = liveTensors(weights, optimizer);
  const mixes = isMixing(config.augment);
  const whole = ([x, first, rate, second, share]: tf.Tensor[]) => {
    const labels = first as tf.Tensor1D;
    const mixed = mixes ? { labels: second as tf.Tensor1D, share: share as tf.Tensor1D } : undefined;
    const { loss, grads } = gradientsOf(model, trainable, x as tf.Tensor4D, { labels, mixed }, config.loss);
    optimizer.apply(grads, rate as tf.Tensor1D);
    tf.dispose(grads);
    return [loss];
  };
  const inputs = async (step: number, learningRate: number): Promise<StepInput[]> => {
    const { images, labels, shape, mixed } = await loader.batch(step);
    const rates = Float32Array.from(optimizer.rates(learningRate, step + 1));
    const always = [
      { values: images, shape },
      { values: labels, shape: [labels.length] },
      { values: rates, shape: [rates.length] },
    ];
    // A recording is of one graph: a batch that is not mixed has its own labels twice.
    if (!mixes) return always;
    const { labels: second, share } = mixed ?? { labels, share: 1 };
    return [
      ...always,
      { values: second, shape: [second.length] },
      { values: Float32Array.of(share), shape: [1] },
    ];
  };
  const captured: CapturedStep = captureStep(whole, state);
  return {
    get reason() {
      return captured.reason;
    },
    async take(step, learningRate) {
      const [loss] = await captured.run(await inputs(step, learningRate));
      return { loss: loss as tf.Scalar, grads: {}, finish: () => {} };
    },
    compile: engineAbilities().compile && (async (step) => compileStep(whole, state, await inputs(step, 0))),
    dispose: () => captured.dispose(),
  };
}
