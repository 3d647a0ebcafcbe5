/** Elementwise work in one pass. */
import { horizontal, madd } from './simd';

/** dx = dy where x > 0, else 0. */
export function reluGradient(x: usize, dy: usize, dx: usize, count: i32): void {
  const none = f32x4.splat(0);
  const fours = count & ~3;
  for (let i = 0; i < fours; i += 4) {
    const at = <usize>i << 2;
    v128.store(dx + at, v128.and(v128.load(dy + at), f32x4.gt(v128.load(x + at), none)));
  }
  for (let i = fours; i < count; i++) {
    const at = <usize>i << 2;
    store<f32>(dx + at, load<f32>(x + at) > 0 ? load<f32>(dy + at) : 0);
  }
}

/**
 * y[rows,columns] = a ∘ b, where ∘ is + (0), − (1) or · (2). An operand's row and column strides are in bytes; 0 where
 * it is broadcast, and a column stride is 0 or 4: 4 for one operand at least.
 */
export function binary(
  operation: i32, a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, bColumn: usize, y: usize, rows: i32, columns: i32,
): void {
  const fours = columns & ~3;
  for (let row = 0; row < rows; row++) {
    let left = a;
    let right = b;
    const end = y + (<usize>fours << 2);
    if (aColumn && bColumn)
      for (; y < end; y += 16) {
        v128.store(y, vector(operation, v128.load(left), v128.load(right)));
        left += 16;
        right += 16;
      }
    else if (aColumn) {
      const value = v128.load_splat<f32>(right);
      for (; y < end; y += 16) {
        v128.store(y, vector(operation, v128.load(left), value));
        left += 16;
      }
    } else {
      const value = v128.load_splat<f32>(left);
      for (; y < end; y += 16) {
        v128.store(y, vector(operation, value, v128.load(right)));
        right += 16;
      }
    }
    for (let i = fours; i < columns; i++) {
      store<f32>(y, scalar(operation, load<f32>(left), load<f32>(right)));
      left += aColumn;
      right += bColumn;
      y += 4;
    }
    a += aRow;
    b += bRow;
  }
}

@inline
function vector(operation: i32, a: v128, b: v128): v128 {
  return operation == 0 ? f32x4.add(a, b) : operation == 1 ? f32x4.sub(a, b) : f32x4.mul(a, b);
}

@inline
function scalar(operation: i32, a: f32, b: f32): f32 {
  return operation == 0 ? a + b : operation == 1 ? a - b : a * b;
}

/** y[rows] = Σ (scale·x)² of each row. */
export function squaredNorms(x: usize, rows: i32, columns: i32, scale: f32, y: usize): void {
  const factor = f32x4.splat(scale);
  for (let row = 0; row < rows; row++) {
    let even = f32x4.splat(0);
    let odd = f32x4.splat(0);
    let i = 0;
    for (; i + 8 <= columns; i += 8) {
      const at = x + (<usize>i << 2);
      const a = f32x4.mul(factor, v128.load(at));
      const b = f32x4.mul(factor, v128.load(at, 16));
      even = madd(a, a, even);
      odd = madd(b, b, odd);
    }
    if (i + 4 <= columns) {
      const a = f32x4.mul(factor, v128.load(x + (<usize>i << 2)));
      even = madd(a, a, even);
      i += 4;
    }
    let sum = horizontal(f32x4.add(even, odd));
    for (; i < columns; i++) {
      const value = scale * load<f32>(x + (<usize>i << 2));
      sum += value * value;
    }
    store<f32>(y, sum);
    x += <usize>columns << 2;
    y += 4;
  }
}
