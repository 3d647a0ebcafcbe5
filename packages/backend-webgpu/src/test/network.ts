/** A small network with everything a training step has: similarity, predictor, batch norm, pooling, momentum. */
import core, {
  BatchNorm,
  describeWeights,
  neuralSimilarity,
  type StepInput,
  type StepState,
  softmaxCrossEntropy,
  startBackend,
  updateSgd,
  variableGradients,
  weightState,
} from '@neusim/core';
import hypernet from '@neusim/hypernet';
import { createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import webgpu from '../node';

export const registry = createRegistry(core, hypernet, webgpu);

export const startWebgpu = () => startBackend(registry, 'webgpu');

/** Images [4,6,6,3] in five classes. */
export function network(): tfl.LayersModel {
  const image = tfl.input({ shape: [6, 6, 3] });
  const features = neuralSimilarity(image, {
    filters: 4,
    kernelSize: 3,
    padding: 'same',
    similarity: registry.make('similarity', 'dynamic-dns'),
    predictor: registry.make('predictor', 'sphere', { hidden: 4 }),
  });
  const normed = new BatchNorm({}).apply(features) as tfl.SymbolicTensor;
  const active = tfl.layers.activation({ activation: 'relu' }).apply(normed) as tfl.SymbolicTensor;
  const pooled = tfl.layers.maxPooling2d({ poolSize: 2 }).apply(active) as tfl.SymbolicTensor;
  const flat = tfl.layers.flatten().apply(pooled) as tfl.SymbolicTensor;
  return tfl.model({
    inputs: image,
    outputs: tfl.layers.dense({ units: 5 }).apply(flat) as tfl.SymbolicTensor,
  });
}

/** Fixed numbers between −1 and 1. */
export function numbers(count: number, seed: number): Float32Array {
  let state = seed + 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** What step `index` is given: images, labels, a learning rate that changes on the way. */
export function inputsOf(index: number, batch = 4): StepInput[] {
  const labels = Int32Array.from({ length: batch }, (_, i) => (i * 3 + index) % 5);
  return [
    { values: numbers(batch * 108, index), shape: [batch, 6, 6, 3] },
    { values: labels, shape: [batch] },
    { values: Float32Array.of(index < 20 ? 0.05 : 0.01), shape: [1] },
  ];
}

export interface Training {
  readonly step: (inputs: tf.Tensor[]) => tf.Tensor[];
  readonly state: readonly StepState[];
  readonly dispose: () => void;
}

/** Training of a model by momentum. @param decorate what else each step does to the images. */
export function training(model: tfl.LayersModel, decorate: (x: tf.Tensor) => tf.Tensor = (x) => x): Training {
  const weights = describeWeights(model);
  const trainable = weights.filter((weight) => weight.trainable);
  const velocities = trainable.map(({ variable }) => ({ tensor: tf.zeros(variable.shape as number[]) }));
  const state: StepState[] = [
    ...weightState(model),
    ...velocities.map((slot) => ({
      read: () => slot.tensor,
      write(next: tf.Tensor) {
        slot.tensor.dispose();
        slot.tensor = next;
      },
    })),
  ];
  const variables = () => trainable.map(({ variable }) => variable.read() as tf.Variable);
  return {
    state,
    step([images, labels, rate]) {
      const { value, grads } = tf.tidy(() =>
        variableGradients(() => {
          const target = tf.cast(tf.oneHot(labels as tf.Tensor1D, 5), 'float32') as tf.Tensor2D;
          const logits = model.apply(decorate(images as tf.Tensor), { training: true }) as tf.Tensor2D;
          return softmaxCrossEntropy(target, logits, { labelSmoothing: 0.1 });
        }, variables()),
      );
      for (const [i, { variable }] of trainable.entries()) {
        const slot = velocities[i] as { tensor: tf.Tensor };
        const grad = grads[variable.name] as tf.Tensor;
        const attrs = { rateScale: 1, momentum: 0.9, nesterov: false, l2: 1e-3 };
        const next = updateSgd(variable.read(), grad, slot.tensor, rate as tf.Tensor1D, attrs);
        variable.write(next.param);
        tf.dispose([grad, next.param, slot.tensor]);
        slot.tensor = next.velocity;
      }
      return [value];
    },
    dispose() {
      for (const { tensor } of velocities) tensor.dispose();
      model.dispose();
    },
  };
}
