/** Σ (scale·x)² over the last axis. */
import { SQUARED_NORM, type SquaredNormAttrs } from '@neusim/core';
import type * as tf from '@tensorflow/tfjs-core';
import { output } from '../engine/launch';
import { override } from '../override';
import { zeros } from './outputs';
import { sumRows } from './row-sums';

/** The scale is a constant of the program: there are two of them, and squares must not overflow before it. */
const squares = (scale: number) => {
  const value = scale === 1 ? 'x[i]' : `(x[i] * f32(${scale}))`;
  return { name: SQUARED_NORM, term: `${value} * ${value}` };
};

export const seamSquaredNorm = override<SquaredNormAttrs>(
  SQUARED_NORM,
  ({ inputs, attrs: { scale }, gpu }) => {
    const x = inputs.x as tf.Tensor;
    const shape = [...x.shape.slice(0, -1), 1];
    if (x.size === 0) return zeros(gpu, shape);
    const y = output(gpu, shape);
    const length = x.shape[x.rank - 1] as number;
    sumRows(gpu, squares(scale), { x, y, rows: x.size / length, length });
    return y;
  },
);
