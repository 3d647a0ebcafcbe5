/** Calls of the elementwise kernels. */
import fc from 'fast-check';
import { cases } from '../kernel-call';
import { flag, seed, size, steps, values } from './values';

export const reluGradient = cases(fc.record({ count: size(1, 40), seed }), [], ({ count, seed }) => {
  const x = steps([count], seed).data;
  const dy = values([count], seed + 1).data;
  const after = dy.map((grad, i) => (x[i]! > 0 ? grad : 0));
  return {
    buffers: { x: { before: x }, dy: { before: dy }, dx: { after } },
    run: ({ reluGradient }, at) => reluGradient(at('x'), at('dy'), at('dx'), count),
  };
});

const operations = [
  (a: number, b: number) => a + b,
  (a: number, b: number) => a - b,
  (a: number, b: number) => a * b,
];

/** Whether an operand has rows and columns, or is broadcast along them; one of the two has columns. */
const operand = fc.record({ rows: flag, columns: flag });

export const binary = cases(
  fc
    .record({ operation: size(0, 2), a: operand, b: operand, rows: size(1, 6), columns: size(1, 21), seed })
    .filter(({ a, b }) => a.columns || b.columns),
  [],
  ({ operation, a, b, rows, columns, seed }) => {
    const laidOut = (own: typeof a, seed: number) => {
      const shape = [own.rows ? rows : 1, own.columns ? columns : 1];
      const column = own.columns ? 1 : 0;
      const row = own.rows ? (shape[1] as number) : 0;
      return { before: values(shape, seed).data, row, column };
    };
    const [left, right] = [laidOut(a, seed), laidOut(b, seed + 1)];
    const read = ({ before, row, column }: typeof left, i: number) =>
      before[Math.floor(i / columns) * row + (i % columns) * column]!;
    const apply = operations[operation]!;
    const after = Array.from({ length: rows * columns }, (_, i) => apply(read(left, i), read(right, i)));
    return {
      buffers: { a: { before: left.before }, b: { before: right.before }, y: { after } },
      run: ({ binary }, at) =>
        binary(
          operation,
          at('a'),
          4 * left.row,
          4 * left.column,
          at('b'),
          4 * right.row,
          4 * right.column,
          at('y'),
          rows,
          columns,
        ),
    };
  },
);
