/**
 * How far an engine may be from the float64 oracle, norm-wise: ‖actual - expected‖ / ‖expected‖. Rounding
 * grows with the square root of a sum's length, so one table serves every test size; an engine that needs more
 * gets a row of its own, with the reason.
 */
import { NeusimError } from '@neusim/registry';

export interface Tolerance {
  /** Outputs. */
  readonly forward: number;
  /** Gradients of any order. */
  readonly gradient: number;
}

export type Precision = 'float32' | 'float16';

const float32: Tolerance = { forward: 2e-5, gradient: 1e-5 };
/** Products in float16, sums in float32: half an ulp is 5e-4. Our choice; nothing published binds it. */
const float16: Tolerance = { forward: 2e-3, gradient: 2e-3 };

const table: Readonly<Record<Precision, Readonly<Record<string, Tolerance>>>> = {
  float32: { cpu: float32, wasm: float32, webgpu: float32, webgl: float32, tensorflow: float32 },
  float16: { webgpu: float16, webgl: float16 },
};

/**
 * The row of a tfjs backend's name; a backend not in the table is held to float32's.
 * @throws NeusimError TOLERANCE_UNKNOWN for float16 on an engine that has no such mode.
 */
export function tolerance(backend: string, precision: Precision = 'float32'): Tolerance {
  const row = table[precision][backend] ?? (precision === 'float32' ? float32 : undefined);
  if (!row)
    throw new NeusimError(
      'TOLERANCE_UNKNOWN',
      `no ${precision} tolerance for backend ${backend}, known are ${Object.keys(table[precision]).join(', ')}`,
      { data: { backend, precision } },
    );
  return row;
}

/**
 * ‖actual - expected‖ / ‖expected‖ over all elements; ‖actual‖ where everything expected is 0, and 0 for two
 * empty arrays. NaN or infinity on either side gives Infinity, so no comparison with a tolerance passes.
 * @throws NeusimError TOLERANCE_LENGTH where the lengths differ.
 */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length)
    throw new NeusimError('TOLERANCE_LENGTH', `${actual.length} values to compare with ${expected.length}`, {
      data: { actual: actual.length, expected: expected.length },
    });
  let difference = 0;
  let reference = 0;
  for (let i = 0; i < actual.length; i++) {
    difference += (actual[i]! - expected[i]!) ** 2;
    reference += expected[i]! ** 2;
  }
  const error = Math.sqrt(reference > 0 ? difference / reference : difference);
  return Number.isFinite(error) && Number.isFinite(reference) ? error : Number.POSITIVE_INFINITY;
}
