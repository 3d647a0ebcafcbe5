/** The seam's squared norms of pixels. */
import { SQUARED_NORM, type SquaredNormAttrs } from '@neusim/core';
import type * as tf from '@tensorflow/tfjs-core';
import { addressesOf, native } from '../native/native';
import { override } from '../override';

export const seamSquaredNorm = override<SquaredNormAttrs>(
  SQUARED_NORM,
  ({ inputs, attrs: { scale }, backend }) => {
    const x = inputs.x as tf.Tensor;
    const columns = x.shape[x.rank - 1] as number;
    const shape = [...x.shape.slice(0, -1), 1];
    const y = backend.makeOutput(shape, 'float32');
    const rows = shape.reduce((a, b) => a * b, 1);
    const [xAt, yAt] = addressesOf(backend, x, y);
    native(backend).exports.squaredNorms(xAt, rows, columns, scale, yAt);
    return y;
  },
);
