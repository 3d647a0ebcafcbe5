/**
 * The operator at the heart of NeuSim: y = Wᵀ·M·S(x) at every position, S the lattice or, with offsets, places between
 * elements too.
 */

import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { foldSimilarity } from '../fold/fold-similarity';
import { type ConvOptions, type Geometry, geometry } from '../geometry';
import { asFloat } from './as-float';
import { q } from './quadrilinear';
import { sampledConv2d } from './sampled-conv2d';

type T4 = tf.Tensor4D;

export interface SamplingOptions {
  /**
   * [B|1,H'|1,W'|1,2K]: (dy, dx) for each tap, added to where it reads, in elements of x. Between elements S reads
   * bilinearly, outside the map zeros.
   */
  readonly offsets?: T4;
}

/**
 * Neural similarity convolution (Liu et al. 2019, §1-2): y[b,i,j,f] = Σ w[k,c,f]·m[b,i,j,k,s]·x[patch s,c],
 * over k, c and s.
 *
 * @param x [B,H,W,C]; B may be 0.
 * @param w [kh,kw,C,F]; K = kh·kw taps, row-major.
 * @param m null (plain convolution); a diagonal [K] or [B|1,H'|1,W'|1,K]; or a matrix [K,K] or
 *   [B|1,H'|1,W'|1,K,K] whose rows are kernel taps and whose columns are input taps. [K] and [K,K] are folded
 *   into w, so that they cost what a plain convolution costs.
 * @param options strides, padding (default `valid`) and dilations, of which strides and dilations may both exceed 1; and
 *   offsets of the taps.
 * @returns y [B,H',W',F]. Differentiable in x, w, m and the offsets to any order.
 * @throws NeusimError SIMILARITY_SHAPE for shapes that do not fit, GEOMETRY_* for the geometry, ENGINE_MEMORY.
 */
export function similarityConv2d(
  x: T4,
  w: T4,
  m: tf.Tensor | null,
  options: ConvOptions & SamplingOptions = {},
): T4 {
  requireRank('x', x, 4, '[B,H,W,C]');
  requireRank('w', w, 4, '[kh,kw,C,F]');
  if (x.shape[3] !== w.shape[2])
    throw shapeError(`x has ${x.shape[3]} channels, but w [${w.shape}] takes ${w.shape[2]}`, {
      x: x.shape,
      w: w.shape,
    });
  const [, height, width, channels] = x.shape;
  const g = geometry([height, width, channels], [w.shape[0], w.shape[1]], options);
  const isStatic = m !== null && m.rank <= 2;
  if (m && !isStatic) checkM(m, x.shape[0], g);
  const { offsets } = options;
  if (offsets) requireOffsets(offsets, x.shape[0], g);
  return tf.tidy(() => {
    const images = asFloat(x);
    if (offsets) {
      const [kernel, own] = isStatic ? [foldSimilarity(w, m), null] : [w, m && asFloat(m)];
      return sampledConv2d(images, kernel, own, asFloat(offsets), g);
    }
    return isStatic ? q.y(images, foldSimilarity(w, m), null, g) : q.y(images, w, m && asFloat(m), g);
  });
}

/** @throws NeusimError SIMILARITY_SHAPE for offsets that do not fit the geometry. */
export function requireOffsets(offsets: T4, batch: number, g: Geometry): void {
  requireRank('offsets', offsets, 4, "[B|1,H'|1,W'|1,2K]");
  const allowed = [batch, g.outHeight, g.outWidth];
  if (
    offsets.shape[3] === 2 * g.taps &&
    allowed.every((size, axis) => [size, 1].includes(offsets.shape[axis] as number))
  )
    return;
  throw shapeError(
    `offsets [${offsets.shape}] do not fit: allowed is [${batch}|1,${g.outHeight}|1,${g.outWidth}|1,${2 * g.taps}]`,
    { offsets: offsets.shape, taps: g.taps, output: allowed },
  );
}

function checkM(m: tf.Tensor, batch: number, g: Geometry): void {
  const allowed = [batch, g.outHeight, g.outWidth];
  const fits =
    (m.rank === 4 || m.rank === 5) &&
    allowed.every((size, axis) => m.shape[axis] === size || m.shape[axis] === 1) &&
    m.shape.slice(3).every((size) => size === g.taps);
  if (!fits)
    throw shapeError(
      `m [${m.shape}] does not fit: allowed are [${g.taps}], [${g.taps},${g.taps}], [${batch}|1,${g.outHeight}|1,${g.outWidth}|1,${g.taps}] and the same with a second ${g.taps}`,
      { m: m.shape, taps: g.taps, output: allowed },
    );
}

function requireRank(name: string, tensor: tf.Tensor, rank: number, form: string): void {
  if (!(tensor instanceof tf.Tensor))
    throw shapeError(`${name} must be a tensor ${form}, not ${typeof tensor}`, { [name]: typeof tensor });
  if (tensor.rank !== rank)
    throw shapeError(`${name} must be ${form}, not of rank ${tensor.rank} ([${tensor.shape}])`, {
      [name]: tensor.shape,
    });
}

function shapeError(message: string, data: Record<string, unknown>): NeusimError {
  return new NeusimError('SIMILARITY_SHAPE', message, {
    data,
    hint: 'x is [B,H,W,C], w is [kh,kw,C,F]; m is null, or has K = kh·kw values (or K×K) for each position.',
  });
}
