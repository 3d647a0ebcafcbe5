/**
 * How a gate in {0, 1} for each tap is trained through one real number r for each: three estimators of its gradient, all of
 * which are differentiable again.
 */
import { batchShare } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';

/** 1[r > 0]; the gradient goes straight through to r while |r| ≤ 1 (Courbariaux et al. 2015). */
export function straightThrough(real: tf.Tensor): tf.Tensor {
  const gate = tf.customGrad((...args) => {
    const [r, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc];
    save([r]);
    return {
      value: tf.step(r),
      // tf.step, unlike a comparison, has a gradient (zero), so that the gradient can be differentiated.
      gradFunc: (dy: tf.Tensor, [r]: tf.Tensor[]) =>
        tf.mul(dy, tf.sub(1, tf.step(tf.sub(tf.abs(r as tf.Tensor), 1)))),
    };
  });
  return gate(real);
}

/** σ(r / temperature): what stands for 1[r > 0] while it is trained. */
export function relaxed(real: tf.Tensor, temperature: number): tf.Tensor {
  return tf.sigmoid(tf.div(real, temperature));
}

/** The interval (γ, ζ) that a binary concrete variable is stretched to, before it is cut off at 0 and 1. */
const [gamma, zeta] = [-0.1, 1.1];

/**
 * A hard concrete gate (Louizos, Welling & Kingma, ICLR 2018, eq. 10-13): z = min(1, max(0, s·(ζ − γ) + γ)), with
 * s = σ((log u − log(1 − u) + log α) / β); without u its deterministic form, s = σ(log α).
 * @param logAlpha r, any shape. @param beta the temperature. @param u uniform in [0, 1), of the same shape.
 */
export function hardConcrete(logAlpha: tf.Tensor, beta: number, u?: tf.Tensor): tf.Tensor {
  const stretched = tf.add(tf.mul(tf.sigmoid(noisy(logAlpha, beta, u)), zeta - gamma), gamma);
  // As differences of ReLUs, which unlike minimum and maximum have every order of gradient.
  return tf.sub(tf.relu(stretched), tf.relu(tf.sub(stretched, 1)));
}

function noisy(logAlpha: tf.Tensor, beta: number, u: tf.Tensor | undefined): tf.Tensor {
  if (!u) return logAlpha;
  const inside = tf.add(tf.mul(u, 1 - 2e-6), 1e-6);
  const logistic = tf.sub(tf.log(inside), tf.log(tf.sub(1, inside)));
  return tf.div(tf.add(logistic, logAlpha), beta);
}

/** The probability that such a gate is not 0: σ(log α − β·log(−γ/ζ)) (eq. 12). */
export function openProbability(logAlpha: tf.Tensor, beta: number): tf.Tensor {
  return tf.sigmoid(tf.sub(logAlpha, beta * Math.log(-gamma / zeta)));
}

/**
 * t itself, whose gradient has `slope(t)` added: that of a penalty that belongs to the loss. It is paid once for each
 * call, in the first backward pass: gradients of the gradient come through here again, and owe it no more. A part of a batch
 * pays its share (`withBatchShare` of `@neusim/core`).
 */
export function withPenalty(t: tf.Tensor, slope: (t: tf.Tensor) => tf.Tensor | number): tf.Tensor {
  const paid = tf.customGrad((...args) => {
    const [given, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc];
    save([given]);
    const share = batchShare();
    let isPaid = false;
    return {
      value: tf.clone(given),
      gradFunc: (dy: tf.Tensor, [given]: tf.Tensor[]) => {
        if (isPaid) return dy;
        isPaid = true;
        return tf.add(dy, tf.mul(slope(given as tf.Tensor), share));
      },
    };
  });
  return paid(t);
}

/** e between -1 and 1, cut off there. */
export function clipped(e: tf.Tensor): tf.Tensor {
  return tf.sub(tf.sub(tf.relu(tf.add(e, 1)), tf.relu(tf.sub(e, 1))), 1);
}
