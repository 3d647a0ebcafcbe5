/** Calls of the matrix product, and of what finishes one. */
import fc from 'fast-check';
import { cases } from '../kernel-call';
import { flag, seed, size, values, zeros } from './values';

const product = {
  batch: 1,
  m: 5,
  n: 7,
  k: 3,
  transposeA: false,
  transposeB: false,
  sharedA: false,
  sharedB: false,
  seed: 1,
};

export const matMul = cases(
  fc.record({
    batch: size(1, 3),
    m: size(1, 14),
    n: size(1, 18),
    k: size(1, 20),
    transposeA: flag,
    transposeB: flag,
    sharedA: flag,
    sharedB: flag,
    seed,
  }),
  [
    { ...product, m: 250, n: 19, k: 9 },
    { ...product, m: 8, n: 13, k: 530, transposeA: true, transposeB: true },
    { ...product, m: 7, n: 12, k: 300, transposeA: true, batch: 2, sharedB: true },
  ],
  ({ batch, m, n, k, transposeA, transposeB, sharedA, sharedB, seed }) => {
    const a = values([sharedA ? 1 : batch, m, k], seed).data;
    const b = values([sharedB ? 1 : batch, k, n], seed + 1).data;
    const after = zeros(batch * m * n);
    for (let image = 0; image < batch; image++)
      for (let row = 0; row < m; row++)
        for (let column = 0; column < n; column++)
          for (let i = 0; i < k; i++) {
            const left = (sharedA ? 0 : image * m * k) + (transposeA ? i * m + row : row * k + i);
            const right = (sharedB ? 0 : image * k * n) + (transposeB ? column * k + i : i * n + column);
            after[(image * m + row) * n + column]! += a[left]! * b[right]!;
          }
    const [strideA, strideB] = [sharedA ? 0 : 4 * m * k, sharedB ? 0 : 4 * k * n];
    return {
      buffers: { a: { before: a }, b: { before: b }, c: { after } },
      run: ({ matMul }, at) =>
        matMul(at('a'), strideA, at('b'), strideB, at('c'), batch, m, n, k, transposeA, transposeB),
    };
  },
);

export const finish = cases(
  fc.record({ rows: size(1, 6), filters: size(1, 13), hasBias: flag, relu: flag, seed }),
  [],
  ({ rows, filters, hasBias, relu, seed }) => {
    const before = values([rows, filters], seed).data;
    const bias = values([filters], seed + 1).data;
    const after = before.map((value, i) => finished(value, hasBias ? bias[i % filters]! : 0, relu));
    return {
      buffers: { y: { before, after }, ...(hasBias && { bias: { before: bias, mayBeNone: true } }) },
      run: ({ finish }, at) => finish(at('y'), rows, filters, at('bias'), relu),
    };
  },
);

export function finished(value: number, bias: number, relu: boolean): number {
  return relu ? Math.max(0, value + bias) : value + bias;
}
