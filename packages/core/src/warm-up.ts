/** Compiling ahead, so that the first images do not wait for it. */
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { compileStep } from './captured-step';
import type { Compilation } from './engine-abilities';
import type { StepInput, StepState } from './step';
import { describeWeights } from './weights';

/** The model's weights as the state of a step. */
export function weightState(model: LayersModel): StepState[] {
  return describeWeights(model).map(({ variable }) => ({
    read: () => variable.read(),
    write(next) {
      variable.write(next);
      next.dispose();
    },
  }));
}

/**
 * Compiles what the model's inference on a batch runs. On engines that compile nothing (all but webgpu) it does nothing.
 * @param batchSize 1 where it is not given: programs depend on it where sizes decide how a kernel is laid out.
 * @returns null on engines that compile nothing.
 * @throws NeusimError GPU_SHADER for a kernel that does not compile.
 */
export async function warmUp(model: LayersModel, batchSize = 1): Promise<Compilation | null> {
  const inputs = model.inputs.map(({ shape }): StepInput => {
    const sizes = [batchSize, ...shape.slice(1).map((size) => size ?? 1)];
    return { values: new Float32Array(tf.util.sizeFromShape(sizes)), shape: sizes };
  });
  const infer = (given: tf.Tensor[]) =>
    [tf.tidy(() => model.predict(given) as tf.Tensor | tf.Tensor[])].flat();
  return compileStep(infer, weightState(model), inputs);
}
