/**
 * A loss after several steps of descent, differentiable through them in the memory of one. On one tape each step would keep
 * all its activations, and those of its gradient, until the end; here the states between the steps are kept, and each step is
 * taken again, by itself, on the way back:
 *
 *   λ_T = ∂L/∂θ_T,   λ_t = (∂θ_{t+1}/∂θ_t)ᵀ·λ_{t+1},   dL/dφ = ∂L/∂φ + Σ_t (∂θ_{t+1}/∂φ)ᵀ·λ_{t+1}
 */
import { tensorGradients } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { unrecorded } from './functional';

type Tensors = readonly tf.Tensor[];

export interface Steps {
  readonly count: number;
  /** θ_0. */
  readonly starts: Tensors;
  /** φ: what the steps and the loss read besides. */
  readonly parameters: Tensors;
  /** θ_{t+1} of θ_t; differentiable by both. */
  step(at: Tensors): Tensors;
  /** L of θ_T; called once, as is what it writes. */
  loss(at: Tensors): tf.Scalar;
}

/** L(θ_T), with gradients by the starts and the parameters; of the first order, as they are computed off the tape. The caller tidies. */
export function lossThroughSteps({ count, starts, parameters, step, loss }: Steps): tf.Scalar {
  const width = starts.length;
  const through = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = args.at(-1) as tf.GradSaveFunc;
    const { value, kept } = unrecorded(() => {
      const states: Tensors[] = [starts];
      for (let t = 0; t < count; t++) states.push(tf.tidy(() => [...step(states[t] as Tensors)]));
      const last = states[count] as Tensors;
      const { value, grads } = slopes(() => loss(last), [...last, ...parameters]);
      return { value, kept: [...states.flat(), ...grads] };
    });
    save(kept);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) =>
      unrecorded(() => {
        let [ahead, direct] = halves(saved.slice((count + 1) * width), width);
        for (let t = count - 1; t >= 0; t--) {
          const at = saved.slice(t * width, (t + 1) * width);
          const along = () => tf.addN(step(at).map((next, i) => tf.sum(tf.mul(next, ahead[i] as tf.Tensor))));
          const [back, more] = halves(slopes(along as () => tf.Scalar, [...at, ...parameters]).grads, width);
          ahead = back;
          direct = direct.map((sum, i) => tf.add(sum, more[i] as tf.Tensor));
        }
        return [...ahead, ...direct].map((slope) => tf.mul(slope, dy));
      });
    return { value, gradFunc };
  });
  return through(...starts, ...parameters) as tf.Scalar;
}

/** A value and its gradients, zeros where it does not depend on an x. */
function slopes(f: () => tf.Scalar, xs: tf.Tensor[]): { value: tf.Scalar; grads: tf.Tensor[] } {
  return tf.tidy(() => {
    const { value, grads } = tensorGradients(f, xs);
    return { value, grads: grads.map((grad, i) => grad ?? tf.zerosLike(xs[i] as tf.Tensor)) };
  });
}

const halves = (all: Tensors, at: number): [Tensors, Tensors] => [all.slice(0, at), all.slice(at)];
