/** Batch normalisation: the seam's, of training, and tfjs's FusedBatchNorm, of inference. */
import { BATCH_NORM_TRAINING, BATCH_NORM_TRAINING_GRAD, type BatchNormAttrs } from '@neusim/core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { addressesOf, native } from '../native/native';
import { makeOutputs, zeros } from '../native/outputs';
import { override } from '../override';

export const batchNormTraining = override<BatchNormAttrs>(
  BATCH_NORM_TRAINING,
  ({ inputs, attrs: { epsilon }, backend }) => {
    const { x, gamma, beta } = inputs as Record<'x' | 'gamma' | 'beta', tf.Tensor>;
    const { rows, channels } = sizes(x);
    if (x.size === 0)
      return [zeros(backend, x.shape), zeros(backend, [channels]), zeros(backend, [channels])];
    const [y, mean, variance, factors] = makeOutputs(backend, x.shape, [channels], [channels], [2, channels]);
    const { exports } = native(backend);
    const [xAt, yAt, meanAt, varianceAt] = addressesOf(backend, x, y, mean, variance);
    exports.moments(xAt, rows, channels, meanAt, varianceAt);
    const [scaleAt, shiftAt] = writeAffine(backend, { gamma, beta, mean, variance }, epsilon, factors);
    exports.affine(xAt, rows, channels, scaleAt, shiftAt, yAt);
    backend.disposeData(factors.dataId);
    return [y, mean, variance];
  },
);

export const batchNormTrainingGrad = override<BatchNormAttrs>(
  BATCH_NORM_TRAINING_GRAD,
  ({ inputs, attrs: { epsilon }, backend }) => {
    const { x, dy, gamma, mean, variance } = inputs as Record<
      'x' | 'dy' | 'gamma' | 'mean' | 'variance',
      tf.Tensor
    >;
    const { rows, channels } = sizes(x);
    if (x.size === 0)
      return [zeros(backend, x.shape), zeros(backend, [channels]), zeros(backend, [channels])];
    const [dx, dgamma, dbeta, factors] = makeOutputs(backend, x.shape, [channels], [channels], [4, channels]);
    const { exports } = native(backend);
    // What another backend holds is moved into the heap: views are taken when it grows no more.
    const [xAt, dyAt, meanAt] = addressesOf(backend, x, dy, mean, variance, gamma);
    const [dxAt, dgammaAt, dbetaAt, rstdAt] = addressesOf(backend, dx, dgamma, dbeta, factors);
    const [aAt, bAt, cAt] = [1, 2, 3].map((i) => rstdAt + 4 * i * channels) as [number, number, number];
    const values = (t: tf.TensorInfo) => backend.typedArrayFromHeap(t) as Float32Array;
    const held = values(factors);
    const rstd = held.subarray(0, channels);
    for (const [c, each] of values(variance).entries()) rstd[c] = 1 / Math.sqrt(each + epsilon);
    exports.normSums(xAt, dyAt, rows, channels, meanAt, rstdAt, dbetaAt, dgammaAt);
    // dx = γ·rstd·(dy − dβ/n − (x − mean)·rstd·dγ/n), as a·dy + b·(x − mean) + c.
    const [gammas, sums, products] = [gamma, dbeta, dgamma].map(values) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    for (let channel = 0; channel < channels; channel++) {
      const inverse = rstd[channel] as number;
      const a = (gammas[channel] as number) * inverse;
      const b = (-a * inverse * (products[channel] as number)) / rows;
      held[channels + channel] = a;
      held[2 * channels + channel] = b;
      held[3 * channels + channel] = (-a * (sums[channel] as number)) / rows;
    }
    exports.normInputGradient(xAt, dyAt, rows, channels, meanAt, aAt, bAt, cAt, dxAt);
    backend.disposeData(factors.dataId);
    return [dx, dgamma, dbeta];
  },
);

export const fusedBatchNorm = override<tf.FusedBatchNormAttrs>(
  tf.FusedBatchNorm,
  ({ inputs, attrs: { varianceEpsilon }, backend }, stock) => {
    const { x, mean, variance, offset, scale } = inputs as Record<'x' | 'mean' | 'variance', tf.Tensor> & {
      offset?: tf.Tensor;
      scale?: tf.Tensor;
    };
    const { rows, channels } = sizes(x);
    const perChannel = [mean, variance, offset, scale].every((t) => !t || t.size === channels);
    if (!perChannel || x.dtype !== 'float32') return stock({ inputs, attrs: { varianceEpsilon }, backend });
    if (x.size === 0) return zeros(backend, x.shape);
    const [y, factors] = makeOutputs(backend, x.shape, [2, channels]);
    const [xAt, yAt] = addressesOf(backend, x, y);
    const statistics = { gamma: scale, beta: offset, mean, variance };
    const [scaleAt, shiftAt] = writeAffine(backend, statistics, varianceEpsilon, factors);
    native(backend).exports.affine(xAt, rows, channels, scaleAt, shiftAt, yAt);
    backend.disposeData(factors.dataId);
    return y;
  },
);

interface Statistics {
  readonly gamma?: tf.TensorInfo | undefined;
  readonly beta?: tf.TensorInfo | undefined;
  readonly mean: tf.TensorInfo;
  readonly variance: tf.TensorInfo;
}

/**
 * Batch norm with fixed statistics is one multiplication and one addition a channel: writes their factors into
 * `factors` [2,C], and gives the addresses of scale and shift.
 */
function writeAffine(
  backend: BackendWasm,
  { gamma, beta, mean, variance }: Statistics,
  epsilon: number,
  factors: tf.TensorInfo,
): [scale: number, shift: number] {
  const channels = tf.util.sizeFromShape(mean.shape);
  addressesOf(backend, gamma, beta, mean, variance);
  const values = (t: tf.TensorInfo | undefined) => t && (backend.typedArrayFromHeap(t) as Float32Array);
  const [gammas, betas, means, variances] = [gamma, beta, mean, variance].map(values);
  const held = values(factors) as Float32Array;
  for (let c = 0; c < channels; c++) {
    const scale = ((gammas?.[c] ?? 1) as number) / Math.sqrt((variances?.[c] as number) + epsilon);
    held[c] = scale;
    held[channels + c] = ((betas?.[c] ?? 0) as number) - (means?.[c] as number) * scale;
  }
  const [scaleAt] = addressesOf(backend, factors);
  return [scaleAt, scaleAt + 4 * channels];
}

function sizes(x: tf.Tensor): { rows: number; channels: number } {
  const channels = x.shape[x.rank - 1] as number;
  return { rows: channels === 0 ? 0 : x.size / channels, channels };
}
