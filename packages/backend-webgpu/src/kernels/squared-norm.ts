/** Σ x² over the last axis. */
import { SQUARED_NORM } from '@neusim/core';
import type * as tf from '@tensorflow/tfjs-core';
import { output } from '../engine/launch';
import { override } from '../override';
import { zeros } from './outputs';
import { sumRows } from './row-sums';

const squares = { name: SQUARED_NORM, term: 'x[i] * x[i]' } as const;

export const seamSquaredNorm = override<object>(SQUARED_NORM, ({ inputs, gpu }) => {
  const x = inputs.x as tf.Tensor;
  const shape = [...x.shape.slice(0, -1), 1];
  if (x.size === 0) return zeros(gpu, shape);
  const y = output(gpu, shape);
  const length = x.shape[x.rank - 1] as number;
  sumRows(gpu, squares, { x, y, rows: x.size / length, length });
  return y;
});
