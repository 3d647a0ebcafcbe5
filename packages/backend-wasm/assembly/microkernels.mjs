/**
 * The microkernels of the matrix products, as AssemblyScript: R rows by 8 columns of C in registers. AssemblyScript has no macros, so this file writes them out.
 *
 *   nn{R}: C[R,8] (+)= A[R,k]·B[k,8]    rows of A lie `lda` bytes apart, of B 32: a panel
 *   tn{R}: C[R,8] (+)= A[k,R]ᵀ·B[k,8]   steps of A lie `lda` bytes apart
 *
 *                                     rows of B lie `ldb` bytes apart
 *
 * Rows of C lie `ldc` bytes apart. `add` adds to what C holds.
 *
 * V8's optimising compiler would group the unrolled steps by accumulator, so that values wait in memory for lack of
 * registers. A branch that is never taken, with another constant each time, keeps the order for a compare each.
 */
const UNROLL = 8;
const VECTORS = [0, 1];

/** @param most rows of the largest. */
export function microkernels(most) {
  const kernels = ['nn', 'tn'].flatMap((kind) =>
    Array.from({ length: most }, (_, i) => microkernel(kind, i + 1)),
  );
  const head = `import { madd } from './simd';

/** Rows of the largest microkernel. */
export const MOST_ROWS: i32 = ${most};`;
  return [head, ...kernels, dispatch('nn', most), dispatch('tn', most)].join('\n\n');
}

function microkernel(kind, rowCount) {
  const rows = Array.from({ length: rowCount }, (_, i) => i);
  const each = (write) => rows.flatMap((row) => VECTORS.map((vector) => write(row, vector))).join('\n');
  const transposed = kind === 'tn';
  let barrier = 0;
  const stay = () => `if (k == ${--barrier}) break;`;
  const step = (unrolled, isLast) => {
    const lines = VECTORS.map(
      (v) => `const b${v}_${unrolled} = v128.load(b, ${16 * v + (transposed ? 0 : 32 * Number(unrolled))});`,
    );
    for (const row of rows) {
      const splat = `s${row}_${unrolled}`;
      const from = transposed ? `a, ${4 * row}` : `a${row}, ${4 * Number(unrolled)}`;
      lines.push(`const ${splat} = v128.load_splat<f32>(${from});`);
      for (const v of VECTORS) lines.push(`c${row}${v} = madd(${splat}, b${v}_${unrolled}, c${row}${v});`);
      if (row < rowCount - 1 && !isLast) lines.push(stay());
    }
    if (transposed) lines.push('b += ldb; a += lda;');
    if (unrolled < UNROLL - 1 && !isLast) lines.push(stay());
    return lines.join('\n');
  };
  const advance = (steps) =>
    transposed ? '' : `b += ${32 * steps}; ${rows.map((row) => `a${row} += ${4 * steps};`).join(' ')}`;
  const pointers = transposed ? '' : rows.map((row) => `let a${row} = a + ${row} * lda;`).join('\n');
  const unrolled = Array.from({ length: UNROLL }, (_, i) => step(i, false)).join('\n');
  return `function ${kind}${rowCount}(${parameters(kind)}): void {
${each((row, v) => `let c${row}${v} = add ? v128.load(c + ${row} * ldc, ${16 * v}) : f32x4.splat(0);`)}
${pointers}
while (k >= ${UNROLL}) {
${unrolled}
${advance(UNROLL)}
k -= ${UNROLL};
}
while (k > 0) {
${step('0', true)}
${advance(1)}
k--;
}
${each((row, v) => `v128.store(c + ${row} * ldc, c${row}${v}, ${16 * v});`)}
}`;
}

const parameters = (kind) =>
  `k: i32, a: usize, lda: usize, b: usize, ${kind === 'tn' ? 'ldb: usize, ' : ''}c: usize, ldc: usize, add: bool`;

function dispatch(kind, most) {
  const names = parameters(kind).replace(/: \w+/g, '');
  const cases = Array.from(
    { length: most - 1 },
    (_, i) => `else if (rows == ${i + 1}) ${kind}${i + 1}(${names});`,
  );
  return `/** ${kind}{rows}, for rows from 1 to ${most}. */
export function ${kind}(rows: i32, ${parameters(kind)}): void {
if (rows == ${most}) ${kind}${most}(${names});
${cases.join('\n')}
}`;
}
