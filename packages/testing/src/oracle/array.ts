/**
 * The arrays the oracles speak: float64 values in row-major order with their shape. Sizes of 0 are allowed
 * everywhere; nothing here knows a tensor library.
 */
import { NeusimError } from '@neusim/registry';

export interface NdArray {
  readonly shape: readonly number[];
  /** Row-major, as long as the product of `shape`. */
  readonly data: Float64Array;
}

/**
 * An array of `shape`, filled with zeros where no data is given.
 * @throws NeusimError ORACLE_BAD_SHAPE where the data's length is not the product of the shape.
 */
export function ndArray(shape: readonly number[], data?: ArrayLike<number>): NdArray {
  const size = sizeOf(shape);
  if (data && data.length !== size)
    throw new NeusimError(
      'ORACLE_BAD_SHAPE',
      `${data.length} values for shape [${shape}], which has ${size}`,
      {
        data: { shape: [...shape], length: data.length },
      },
    );
  return { shape: [...shape], data: data ? Float64Array.from(data) : new Float64Array(size) };
}

/** Number of elements of a shape; 1 for the empty shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

export type Dimensions4 = readonly [number, number, number, number];

/**
 * The four sizes of an array.
 * @throws NeusimError ORACLE_BAD_SHAPE for another rank.
 */
export function dimensions4(what: string, shape: readonly number[]): Dimensions4 {
  if (shape.length !== 4)
    throw new NeusimError('ORACLE_BAD_SHAPE', `${what} has shape [${shape}], allowed is rank 4`, {
      data: { what, shape: [...shape] },
    });
  return shape as Dimensions4;
}
