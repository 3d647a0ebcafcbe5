/** One training step of a network, as `@neusim/train` does it. */
import {
  describeWeights,
  type StepInput,
  type StepState,
  sgdRate,
  softmaxCrossEntropy,
  type TensorStep,
  updateSgd,
  variableGradients,
  weightState,
} from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

export interface Workload {
  /** Forward, backward and update with momentum; the batch stays on the engine. */
  step(): void;
  /** Forward as in inference. */
  infer(): void;
  /** The same step of a batch that is handed over each time, for `captureStep`. */
  readonly recordable: Recordable;
  dispose(): void;
}

export interface Recordable {
  /** From images, labels and rate to the loss. */
  readonly step: TensorStep;
  readonly state: readonly StepState[];
  readonly inputs: readonly StepInput[];
}

/** A model with random images and labels. Takes the model over. */
export function workload(model: LayersModel, batch: number): Workload {
  const [height, width, channels] = model.inputs.flatMap(({ shape }) => shape.slice(1)) as [
    number,
    number,
    number,
  ];
  const classes = model.outputs[0]?.shape[1] as number;
  const images = tf.randomNormal([batch, height, width, channels], 0, 1, 'float32', 1);
  const oneHot = Float32Array.from({ length: batch * classes }, (_, i) =>
    i % classes === Math.floor(i / classes) % classes ? 1 : 0,
  );
  const labels = tf.tensor2d(oneHot, [batch, classes]);
  const pixels = images.dataSync() as Float32Array;
  const weights = describeWeights(model).filter(({ trainable }) => trainable);
  const variables = weights.map(({ variable }) => variable.read() as tf.Variable);
  const velocities: tf.Tensor[] = weights.map(({ variable }) => tf.zeros(variable.shape as number[]));
  const rule = { rateScale: 1, momentum: 0.9, nesterov: false, l2: 5e-4 };

  const take = (x: tf.Tensor, y: tf.Tensor2D, rate: tf.Tensor1D): tf.Scalar => {
    const { value, grads } = variableGradients(
      () => softmaxCrossEntropy(y, model.apply(x, { training: true }) as tf.Tensor2D),
      variables,
    );
    for (const [i, { variable }] of weights.entries()) {
      const grad = grads[variable.name] as tf.Tensor;
      const next = updateSgd(variable.read(), grad, velocities[i] as tf.Tensor, rate, rule);
      variable.write(next.param);
      velocities[i]?.dispose();
      velocities[i] = tf.keep(next.velocity);
    }
    return value;
  };
  return {
    step: () => tf.tidy(() => void take(images, labels, tf.tensor1d(sgdRate(1e-3)))),
    infer: () => void tf.tidy(() => void model.apply(images)),
    recordable: {
      step: ([x, y, rate]) => [tf.tidy(() => take(x as tf.Tensor, y as tf.Tensor2D, rate as tf.Tensor1D))],
      state: [
        ...weightState(model),
        ...velocities.map((_, i) => ({
          read: () => velocities[i] as tf.Tensor,
          write(next: tf.Tensor) {
            velocities[i]?.dispose();
            velocities[i] = next;
          },
        })),
      ],
      inputs: [
        { values: pixels, shape: images.shape },
        { values: oneHot, shape: labels.shape },
        { values: Float32Array.of(...sgdRate(1e-3)), shape: [1] },
      ],
    },
    dispose() {
      tf.dispose([images, labels, ...velocities]);
      for (const { variable } of describeWeights(model)) variable.dispose();
    },
  };
}
