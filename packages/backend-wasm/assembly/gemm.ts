/** Matrix products: packing of the right operand, and the loops around the microkernels. */
import { MOST_ROWS, nn, tn } from './microkernels';
import { free, scratch, zero } from './simd';
import { addScaled, dot } from './vectors';

/** Rows of A that are multiplied with one panel of B before the next: they stay in the second-level cache. */
const ROWS: i32 = 120;
/** Steps of a transposed product at once. */
const STEPS: i32 = 256;
const PANEL: i32 = 8;
/** Values that one sum runs over before it is added to the others. */
const LONGEST: i32 = 4096;

/** Bytes of B[k,n] as panels. */
@inline
export function panelBytes(k: i32, n: i32): u64 {
  return (<u64>((n + 7) >> 3) * k) << 5;
}

/**
 * B[k,n], rows `ldb` bytes apart, as panels of 8 columns, zeros beyond n. Transposed: B is given as [n,k].
 */
export function pack(b: usize, ldb: usize, k: i32, n: i32, transposed: bool, to: usize): void {
  for (let column = 0; column < n; column += PANEL) {
    const width = min(PANEL, n - column);
    if (transposed) packTransposed(b + <usize>column * ldb, ldb, k, width, to);
    else packPanel(b + (<usize>column << 2), ldb, k, width, to);
    to += <usize>k << 5;
  }
}

function packPanel(b: usize, ldb: usize, k: i32, width: i32, to: usize): void {
  if (width == PANEL) {
    for (let i = 0; i < k; i++) {
      v128.store(to, v128.load(b));
      v128.store(to, v128.load(b, 16), 16);
      b += ldb;
      to += 32;
    }
    return;
  }
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < PANEL; j++)
      store<f32>(to + (<usize>j << 2), j < width ? load<f32>(b + (<usize>j << 2)) : 0);
    b += ldb;
    to += 32;
  }
}

function packTransposed(b: usize, ldb: usize, k: i32, width: i32, to: usize): void {
  for (let j = 0; j < PANEL; j++) {
    let write = to + (<usize>j << 2);
    let read = b + <usize>j * ldb;
    if (j < width)
      for (let i = 0; i < k; i++) {
        store<f32>(write, load<f32>(read));
        read += 4;
        write += 32;
      }
    else
      for (let i = 0; i < k; i++) {
        store<f32>(write, 0);
        write += 32;
      }
  }
}

/** Whether a microkernel writes just so many columns. */
@inline
function isWhole(width: i32): bool {
  return width == PANEL || width == 4;
}

/** C[m,n] (+)= A[m,k]·B, with B in panels; rows of A and C lie `lda` and `ldc` bytes apart. `edge`: 192 bytes of scratch. */
export function multiply(
  a: usize, lda: usize, panels: usize, c: usize, ldc: usize, m: i32, n: i32, k: i32, add: bool, edge: usize,
): void {
  for (let first = 0; first < m; first += ROWS) {
    const last = min(m, first + ROWS);
    for (let column = 0; column < n; column += PANEL) {
      const panel = panels + (<usize>column * k << 2);
      const width = min(PANEL, n - column);
      for (let row = first; row < last; row += MOST_ROWS) {
        const rows = min(MOST_ROWS, last - row);
        const from = a + <usize>row * lda;
        const to = c + <usize>row * ldc + (<usize>column << 2);
        if (isWhole(width)) nn(rows, width == 4, k, from, lda, panel, to, ldc, add);
        else {
          nn(rows, width < 4, k, from, lda, panel, edge, 32, false);
          spill(edge, to, ldc, rows, width, add);
        }
      }
    }
  }
}

/** C[m,n] (+)= A[k,m]ᵀ·B, with B's rows `ldb` bytes apart and whole panels of 8 columns in each. */
export function multiplyTransposed(
  a: usize, lda: usize, b: usize, ldb: usize, panelStride: usize, c: usize, ldc: usize, m: i32, n: i32, k: i32, add: bool, edge: usize,
): void {
  for (let row = 0; row < m; row += MOST_ROWS) {
    const rows = min(MOST_ROWS, m - row);
    let panel = b;
    for (let column = 0; column < n; column += PANEL) {
      const width = min(PANEL, n - column);
      const to = c + <usize>row * ldc + (<usize>column << 2);
      const from = a + (<usize>row << 2);
      if (isWhole(width)) tn(rows, width == 4, k, from, lda, panel, ldb, to, ldc, add);
      else {
        tn(rows, width < 4, k, from, lda, panel, ldb, edge, 32, false);
        spill(edge, to, ldc, rows, width, add);
      }
      panel += panelStride;
    }
  }
}

/** The first `width` columns of a block [rows,8] into C. */
function spill(edge: usize, c: usize, ldc: usize, rows: i32, width: i32, add: bool): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) {
      const to = c + (<usize>column << 2);
      const value = load<f32>(edge + (<usize>(8 * row + column) << 2));
      store<f32>(to, add ? load<f32>(to) + value : value);
    }
    c += ldc;
  }
}

/** c[m] = op(A)·b[k]: panels of one column would waste seven. */
function timesVector(a: usize, b: usize, c: usize, m: i32, k: i32, transposed: bool): void {
  if (transposed) {
    zero(c, <usize>m << 2);
    for (let i = 0; i < k; i++) addScaled(a + (<usize>i * m << 2), load<f32>(b + (<usize>i << 2)), c, m);
    return;
  }
  for (let row = 0; row < m; row++) {
    let sum: f32 = 0;
    for (let first = 0; first < k; first += LONGEST) {
      const at = <usize>first << 2;
      sum += dot(a + at, b + at, min(LONGEST, k - first));
    }
    store<f32>(c + (<usize>row << 2), sum);
    a += <usize>k << 2;
  }
}

/**
 * C[batch,m,n] = op(A)·op(B), row-major and dense; op transposes where told. `strideA` and `strideB` are bytes from one
 * matrix to the next, 0 where one is shared. False where there is no memory.
 */
export function matMul(
  a: usize, strideA: usize, b: usize, strideB: usize, c: usize, batch: i32, m: i32, n: i32, k: i32, transposeA: bool, transposeB: bool,
): bool {
  if (n == 1) {
    for (let i = 0; i < batch; i++) {
      timesVector(a, b, c, m, k, transposeA);
      a += strideA;
      b += strideB;
      c += <usize>m << 2;
    }
    return true;
  }
  const panels = scratch(panelBytes(k, n) + 192);
  if (!panels) return false;
  const edge = panels + <usize>panelBytes(k, n);
  const ldc = <usize>n << 2;
  for (let i = 0; i < batch; i++) {
    if (i == 0 || strideB != 0) pack(b, <usize>(transposeB ? k : n) << 2, k, n, transposeB, panels);
    if (!transposeA) multiply(a, <usize>k << 2, panels, c, ldc, m, n, k, false, edge);
    else
      for (let step = 0; step < k; step += STEPS) {
        const steps = min(STEPS, k - step);
        const from = a + (<usize>step * m << 2);
        multiplyTransposed(from, <usize>m << 2, panels + (<usize>step << 5), 32, <usize>k << 5, c, ldc, m, n, steps, step > 0, edge);
      }
    a += strideA;
    b += strideB;
    c += <usize>m * ldc;
  }
  free(panels);
  return true;
}

/** y + bias, or 0 where that is below it, in place. */
export function finish(y: usize, rows: i32, filters: i32, bias: usize, relu: bool): void {
  const none = f32x4.splat(0);
  for (let row = 0; row < rows; row++) {
    let f = 0;
    for (; f + 4 <= filters; f += 4) {
      const at = y + (<usize>f << 2);
      let value = v128.load(at);
      if (bias) value = f32x4.add(value, v128.load(bias + (<usize>f << 2)));
      v128.store(at, relu ? f32x4.max(value, none) : value);
    }
    for (; f < filters; f++) {
      const at = y + (<usize>f << 2);
      const value = bias ? load<f32>(at) + load<f32>(bias + (<usize>f << 2)) : load<f32>(at);
      store<f32>(at, relu ? max<f32>(value, 0) : value);
    }
    y += <usize>filters << 2;
  }
}
