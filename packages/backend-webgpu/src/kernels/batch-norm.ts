/**
 * Batch normalisation in training and its gradient. Mean and squared deviations of each chunk of rows by Welford,
 * merged by Chan, Golub & LeVeque (1979); then one pass over the elements.
 */
import { BATCH_NORM_TRAINING, BATCH_NORM_TRAINING_GRAD, type BatchNormAttrs } from '@neusim/core';
import type * as tf from '@tensorflow/tfjs-core';
import { output } from '../engine/launch';
import { override } from '../override';
import { type ColumnMap, type ColumnReduction, mapColumns, reduceColumns } from './columns';
import { zeros } from './outputs';

const moments: ColumnReduction = {
  name: BATCH_NORM_TRAINING,
  variant: 'moments',
  inputs: ['x'],
  outputs: ['mean', 'variance'],
  state: ['mean', 'deviations'],
  add: `let distance = x[i] - s.mean;
      s.mean += distance / s.n;
      s.deviations += distance * (x[i] - s.mean);`,
  merge: `let share = b.n / (a.n + b.n);
  let distance = b.mean - a.mean;
  s.mean += distance * share;
  s.deviations += b.deviations + distance * distance * (a.n * share);`,
  finish: `mean[o] = s.mean;
      variance[o] = s.deviations / s.n;`,
};

const normalise: ColumnMap = {
  name: BATCH_NORM_TRAINING,
  variant: 'normalise',
  inputs: ['x', 'gamma', 'beta', 'mean', 'variance'],
  outputs: ['y'],
  uniforms: { epsilon: 'f32' },
  column: `let centre = mean[column];
      let scale = gamma[column] / sqrt(variance[column] + u.epsilon);
      let shift = beta[column];`,
  each: 'y[i] = (x[i] - centre) * scale + shift;',
};

const sums: ColumnReduction = {
  name: BATCH_NORM_TRAINING_GRAD,
  variant: 'sums',
  inputs: ['x', 'dy', 'mean'],
  outputs: ['dgamma', 'dbeta'],
  uniforms: { epsilon: 'f32' },
  state: ['products', 'grads'],
  column: 'let centre = mean[column];',
  add: `s.products += dy[i] * (x[i] - centre);
      s.grads += dy[i];`,
  finishInputs: ['variance'],
  finish: `dgamma[o] = s.products / sqrt(variance[o] + u.epsilon);
      dbeta[o] = s.grads;`,
};

/** dx = γ·rstd·(dy − dβ/n − x̂·dγ/n). */
const inputGradient: ColumnMap = {
  name: BATCH_NORM_TRAINING_GRAD,
  variant: 'input',
  inputs: ['x', 'dy', 'gamma', 'mean', 'variance', 'dgamma', 'dbeta'],
  outputs: ['dx'],
  uniforms: { epsilon: 'f32' },
  column: `let count = f32(u.rows);
      let centre = mean[column];
      let rstd = T(1.0) / sqrt(variance[column] + u.epsilon);
      let scale = gamma[column] * rstd;
      let slope = rstd * dgamma[column] / count;
      let shift = dbeta[column] / count;`,
  each: 'dx[i] = scale * (dy[i] - shift - (x[i] - centre) * slope);',
};

function extentOf(x: tf.Tensor) {
  const columns = x.shape[x.rank - 1] as number;
  return { rows: x.size / columns, columns };
}

export const batchNormTraining = override<BatchNormAttrs>(
  BATCH_NORM_TRAINING,
  ({ inputs, attrs: { epsilon }, gpu }) => {
    const { x, gamma, beta } = inputs as Record<'x' | 'gamma' | 'beta', tf.Tensor>;
    if (x.size === 0) return [x.shape, gamma.shape, gamma.shape].map((shape) => zeros(gpu, shape));
    const extent = extentOf(x);
    const [y, mean, variance] = [x.shape, gamma.shape, gamma.shape].map((shape) => output(gpu, shape)) as [
      tf.TensorInfo,
      tf.TensorInfo,
      tf.TensorInfo,
    ];
    reduceColumns(gpu, moments, [x], [mean, variance], extent);
    mapColumns(gpu, normalise, [x, gamma, beta, mean, variance], [y], extent, { epsilon });
    return [y, mean, variance];
  },
);

export const batchNormTrainingGrad = override<BatchNormAttrs>(
  BATCH_NORM_TRAINING_GRAD,
  ({ inputs, attrs: { epsilon }, gpu }) => {
    const { x, dy, gamma, mean, variance } = inputs as Record<
      'x' | 'dy' | 'gamma' | 'mean' | 'variance',
      tf.Tensor
    >;
    if (x.size === 0) return [x.shape, gamma.shape, gamma.shape].map((shape) => zeros(gpu, shape));
    const extent = extentOf(x);
    const [dx, dgamma, dbeta] = [x.shape, gamma.shape, gamma.shape].map((shape) => output(gpu, shape)) as [
      tf.TensorInfo,
      tf.TensorInfo,
      tf.TensorInfo,
    ];
    reduceColumns(gpu, sums, [x, dy, mean, variance], [dgamma, dbeta], extent, { epsilon });
    const all = [x, dy, gamma, mean, variance, dgamma, dbeta];
    mapColumns(gpu, inputGradient, all, [dx], extent, { epsilon });
    return [dx, dgamma, dbeta];
  },
);
