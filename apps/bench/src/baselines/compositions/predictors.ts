/** Layers of dynamic DNS with the network that predicts M, from tfjs's own ops; stride 1, padding `same`. */
import { batchNormTraining, patchEnergy } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { shifted, windowPlaces } from './patches';
import { everywhere } from './similarities';

type T4 = tf.Tensor4D;

/** Both parts of a depthwise-separable convolution, γ and β of the batch norm behind it. */
export type SeparableWeights = readonly [depthwise: T4, pointwise: T4, gamma: tf.Tensor1D, beta: tf.Tensor1D];

/** y = Wᵀ·diag(1 + BN(m2(ReLU(BN(m1(x)/‖patch‖)))))·patch. @param w [3,3,C,F]. */
export function separable(x: T4, m1: SeparableWeights, m2: SeparableWeights, w: T4): T4 {
  const energy = patchEnergy(x, [m1[0].shape[0], m1[0].shape[1]], { pad: 'same' });
  const hidden = tf.div(separableConv(x, m1), tf.sqrt(tf.add(energy, 1e-4)));
  const z = normed(separableConv(tf.relu(normed(hidden, m1)) as T4, m2), m2);
  return everywhere(x, w, tf.add(z, 1));
}

/** tfjs-wasm has no gradients of depthwise convolution: one moved map a tap, times the channels' weights. */
function separableConv(x: T4, [depthwise, pointwise]: SeparableWeights): T4 {
  const [side, , channels] = depthwise.shape;
  const taps = tf.split(tf.reshape(depthwise, [side * side, channels]), side * side);
  const maps = shifted(x, windowPlaces(side)).map((map, tap) => tf.mul(map, taps[tap] as tf.Tensor));
  return tf.conv2d(tf.addN(maps) as T4, pointwise, 1, 'same');
}

const normed = (y: tf.Tensor, [, , gamma, beta]: SeparableWeights) => batchNormTraining(y, gamma, beta).y;
