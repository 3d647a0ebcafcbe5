/**
 * Add, Sub and Multiply, where the operands are of one shape or one of them is broadcast along rows or columns: by far
 * most calls. The stock kernels step through what is broadcast element by element.
 */
import * as tf from '@tensorflow/tfjs-core';
import { addressesOf, native } from '../native/native';
import { type Override, override } from '../override';

/** As the kernels count them. */
const OPERATIONS = [tf.Add, tf.Sub, tf.Multiply];

export const arithmetic: readonly Override[] = OPERATIONS.map((name, operation) =>
  override<object>(name, (call, stock) => {
    const { a, b } = call.inputs as { a: tf.Tensor; b: tf.Tensor };
    if (a.dtype !== 'float32' || b.dtype !== 'float32') return stock(call);
    const shape = tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
    const layout = layoutOf(a.shape, b.shape, shape);
    if (!layout) return stock(call);
    const y = call.backend.makeOutput(shape, 'float32');
    if (layout.rows * layout.columns === 0) return y;
    const [aAt, bAt, yAt] = addressesOf(call.backend, a, b, y);
    native(call.backend).exports.binary(
      operation,
      aAt,
      ...layout.a,
      bAt,
      ...layout.b,
      yAt,
      layout.rows,
      layout.columns,
    );
    return y;
  }),
);

/** Bytes from one row and from one column to the next. */
type Strides = readonly [number, number];

interface Layout {
  readonly rows: number;
  readonly columns: number;
  readonly a: Strides;
  readonly b: Strides;
}

/**
 * The operands as matrices, of which one or both have all rows and columns. The last axes along which both are whole,
 * or the same one is broadcast, become the columns, the others the rows. Undefined where that does not do.
 */
export function layoutOf(
  a: readonly number[],
  b: readonly number[],
  shape: readonly number[],
): Layout | undefined {
  /** Which operands have an axis: 3 both, 1 a, 2 b, 0 an axis of length 1. */
  const has = shape.map((size, axis) => {
    const own = (operand: readonly number[]) => operand[axis - shape.length + operand.length] ?? 1;
    return size === 1 ? 0 : (own(a) === size ? 1 : 0) + (own(b) === size ? 2 : 0);
  });
  const groups: { kind: number; size: number }[] = [];
  for (const [axis, kind] of has.entries()) {
    if (kind === 0) continue;
    const last = groups.at(-1);
    const size = shape[axis] as number;
    if (last?.kind === kind) last.size *= size;
    else groups.push({ kind, size });
  }
  if (groups.length > 2) return undefined;
  const [inner = { kind: 3, size: 1 }, outer = { kind: inner.kind, size: 1 }] = groups.reverse();
  const strides = (operand: 1 | 2): Strides => [
    (outer.kind & operand) === 0 ? 0 : (inner.kind & operand) === 0 ? 4 : 4 * inner.size,
    (inner.kind & operand) === 0 ? 0 : 4,
  ];
  return { rows: outer.size, columns: inner.size, a: strides(1), b: strides(2) };
}
