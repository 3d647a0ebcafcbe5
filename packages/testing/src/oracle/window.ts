/**
 * Where a window lies on one axis, as TensorFlow defines it:
 *
 *     same:  out = ceil(size / stride), the padding split evenly, an odd element after
 *     valid: out = floor((size - extent) / stride) + 1
 *     explicit [before, after]: out = floor((size + before + after - extent) / stride) + 1
 *
 * with extent = (taps - 1) · dilation + 1. Tap t of output o reads input o · stride + t · dilation - before.
 */
import { NeusimError } from '@neusim/registry';

export type Pair = readonly [number, number];
export type Padding = 'same' | 'valid' | readonly [Pair, Pair];

export interface Axis {
  readonly size: number;
  readonly taps: number;
  readonly out: number;
  /** Input index read by tap `tap` of output `out`; outside 0..size-1 it reads a zero. */
  read(out: number, tap: number): number;
}

/**
 * Axis 0 (height) or 1 (width) of a window.
 * @throws NeusimError ORACLE_EMPTY_OUTPUT where the window is larger than the padded input.
 */
export function windowAxis(
  axis: 0 | 1,
  size: number,
  taps: number,
  stride: number,
  dilation: number,
  pad: Padding,
): Axis {
  const extent = (taps - 1) * dilation + 1;
  let before = 0;
  let out = 0;
  if (pad === 'same') {
    out = Math.ceil(size / stride);
    before = Math.floor(Math.max(0, (out - 1) * stride + extent - size) / 2);
  } else {
    const [low, high] = pad === 'valid' ? [0, 0] : pad[axis];
    before = low;
    out = Math.floor((size + low + high - extent) / stride) + 1;
  }
  if (out < 1)
    throw new NeusimError(
      'ORACLE_EMPTY_OUTPUT',
      `window ${extent} (${taps} taps, dilation ${dilation}) > padded input ${size} in axis ${axis}`,
      { data: { axis, size, taps, stride, dilation, pad } },
    );
  return { size, taps, out, read: (o, tap) => o * stride + tap * dilation - before };
}
