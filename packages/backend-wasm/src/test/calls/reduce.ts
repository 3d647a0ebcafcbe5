/** Calls of what sums along an axis. */
import fc from 'fast-check';
import { cases } from '../kernel-call';
import { seed, size, values, zeros } from './values';

const plain = { outer: 1, reduced: 1, inner: 1, scale: 1, seed: 1 };

export const sum = cases(
  fc.record({
    outer: size(1, 4),
    reduced: size(1, 30),
    inner: fc.oneof(fc.constant(1), size(1, 40)),
    scale: fc.constantFrom(1, 0.25),
    seed,
  }),
  [
    { ...plain, outer: 2, reduced: 2100 },
    { ...plain, outer: 2, reduced: 150, inner: 23, scale: 0.5 },
  ],
  ({ outer, reduced, inner, scale, seed }) => {
    const x = values([outer, reduced, inner], seed).data;
    const after = zeros(outer * inner);
    for (const [i, value] of x.entries())
      after[Math.floor(i / (reduced * inner)) * inner + (i % inner)]! += scale * value;
    return {
      buffers: { x: { before: x }, y: { after } },
      run: ({ sum }, at) => sum(at('x'), outer, reduced, inner, scale, at('y')),
    };
  },
);

export const squaredNorms = cases(
  fc.record({ rows: size(1, 6), columns: size(1, 40), scale: fc.constantFrom(1, 0.25), seed }),
  [],
  ({ rows, columns, scale, seed }) => {
    const x = values([rows, columns], seed).data;
    const after = zeros(rows);
    for (const [i, value] of x.entries()) after[Math.floor(i / columns)]! += (scale * value) ** 2;
    return {
      buffers: { x: { before: x }, y: { after } },
      run: ({ squaredNorms }, at) => squaredNorms(at('x'), rows, columns, scale, at('y')),
    };
  },
);
