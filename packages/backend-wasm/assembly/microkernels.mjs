/**
 * The microkernels of the matrix products, as AssemblyScript: R rows by 8 or 4 columns of C in registers.
 * AssemblyScript has no macros, so this file writes them out.
 *
 *   nn: C[R,columns] (+)= A[R,k]·B[k,columns]    rows of A lie `lda` bytes apart, of B 32: a panel
 *   tn: C[R,columns] (+)= A[k,R]ᵀ·B[k,columns]   steps of A lie `lda` bytes apart, rows of B `ldb`
 *
 * Rows of C lie `ldc` bytes apart. `add` adds to what C holds.
 *
 * V8's optimising compiler would group the unrolled steps by accumulator, so that values wait in memory for lack of
 * registers. A branch that is never taken, with another constant each time, keeps the order for a compare each.
 */
const UNROLL = 8;

/** @param most rows of the largest. */
export function microkernels(most) {
  const head = `import { madd } from './simd';

/** Rows of the largest microkernel. */
export const MOST_ROWS: i32 = ${most};`;
  const ofKind = (kind) => [
    ...[2, 1].flatMap((vectors) => Array.from({ length: most }, (_, i) => microkernel(kind, i + 1, vectors))),
    dispatch(kind, most),
  ];
  return [head, ...ofKind('nn'), ...ofKind('tn')].join('\n\n');
}

const nameOf = (kind, rows, vectors) => `${kind}${rows}x${4 * vectors}`;

const parameters = (kind) =>
  `k: i32, a: usize, lda: usize, b: usize, ${kind === 'tn' ? 'ldb: usize, ' : ''}c: usize, ldc: usize, add: bool`;

function microkernel(kind, rowCount, vectorCount) {
  const rows = Array.from({ length: rowCount }, (_, i) => i);
  const vectors = Array.from({ length: vectorCount }, (_, i) => i);
  const each = (write) => rows.flatMap((row) => vectors.map((vector) => write(row, vector))).join('\n');
  const transposed = kind === 'tn';
  let barrier = 0;
  const stay = () => `if (k == ${--barrier}) break;`;
  const step = (number, isTail) => {
    const inPanel = transposed ? 0 : 32 * number;
    const lines = vectors.map((v) => `const b${v}_${number} = v128.load(b, ${16 * v + inPanel});`);
    for (const row of rows) {
      const splat = `s${row}_${number}`;
      const from = transposed ? `a, ${4 * row}` : `a${row}, ${4 * number}`;
      lines.push(`const ${splat} = v128.load_splat<f32>(${from});`);
      for (const v of vectors) lines.push(`c${row}${v} = madd(${splat}, b${v}_${number}, c${row}${v});`);
      if (row < rowCount - 1 && !isTail) lines.push(stay());
    }
    if (transposed) lines.push('b += ldb; a += lda;');
    if (number < UNROLL - 1 && !isTail) lines.push(stay());
    return lines.join('\n');
  };
  const advance = (steps) =>
    transposed ? '' : `b += ${32 * steps}; ${rows.map((row) => `a${row} += ${4 * steps};`).join(' ')}`;
  const pointers = transposed ? '' : rows.map((row) => `let a${row} = a + ${row} * lda;`).join('\n');
  const unrolled = Array.from({ length: UNROLL }, (_, i) => step(i, false)).join('\n');
  return `function ${nameOf(kind, rowCount, vectorCount)}(${parameters(kind)}): void {
${each((row, v) => `let c${row}${v} = add ? v128.load(c + ${row} * ldc, ${16 * v}) : f32x4.splat(0);`)}
${pointers}
while (k >= ${UNROLL}) {
${unrolled}
${advance(UNROLL)}
k -= ${UNROLL};
}
while (k > 0) {
${step(0, true)}
${advance(1)}
k--;
}
${each((row, v) => `v128.store(c + ${row} * ldc, c${row}${v}, ${16 * v});`)}
}`;
}

function dispatch(kind, most) {
  const names = parameters(kind).replace(/: \w+/g, '');
  const cases = (vectors) =>
    Array.from({ length: most }, (_, i) => most - i)
      .map((rows) => `if (rows == ${rows}) ${nameOf(kind, rows, vectors)}(${names});`)
      .join('\nelse ');
  return `/** The microkernel of so many rows, from 1 to ${most}; \`narrow\`: of 4 columns instead of 8. */
export function ${kind}(rows: i32, narrow: bool, ${parameters(kind)}): void {
if (narrow) {
${cases(1)}
} else {
${cases(2)}
}
}`;
}
