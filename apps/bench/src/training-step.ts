/** One training step of a network, as `@neusim/train` does it. */
import { describeWeights, sgdRate, softmaxCrossEntropy, updateSgd, variableGradients } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

export interface Workload {
  /** Forward, backward and update with momentum. */
  step(): void;
  /** Forward as in inference. */
  infer(): void;
  dispose(): void;
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
  const classOf = Int32Array.from({ length: batch }, (_, i) => i % classes);
  const labels = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(classOf), classes), 'float32')) as tf.Tensor2D;
  const weights = describeWeights(model).filter(({ trainable }) => trainable);
  const variables = weights.map(({ variable }) => variable.read() as tf.Variable);
  let velocities: tf.Tensor[] = weights.map(({ variable }) => tf.zeros(variable.shape as number[]));
  const rule = { rateScale: 1, momentum: 0.9, nesterov: false, l2: 5e-4 };
  return {
    step() {
      const before = velocities;
      velocities = tf.tidy(() => {
        const { grads } = variableGradients(
          () => softmaxCrossEntropy(labels, model.apply(images, { training: true }) as tf.Tensor2D),
          variables,
        );
        const rate = tf.tensor1d(sgdRate(1e-3));
        return weights.map(({ variable }, i) => {
          const grad = grads[variable.name] as tf.Tensor;
          const next = updateSgd(variable.read(), grad, before[i] as tf.Tensor, rate, rule);
          variable.write(next.param);
          return next.velocity;
        });
      });
      tf.dispose(before);
    },
    infer: () => void tf.tidy(() => void model.apply(images)),
    dispose() {
      tf.dispose([images, labels, ...velocities]);
      for (const { variable } of describeWeights(model)) variable.dispose();
    },
  };
}
