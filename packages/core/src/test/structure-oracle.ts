/** The structures on M in float64 loops, straight from their definitions. */

/** Row-major K×K. */
type Matrix = readonly number[];

const build = (taps: number, entry: (row: number, column: number) => number): Matrix =>
  Array.from({ length: taps * taps }, (_, i) => entry(Math.floor(i / taps), i % taps));

const delta = (row: number, column: number) => (row === column ? 1 : 0);

export function product(a: Matrix, b: Matrix, taps: number): Matrix {
  return build(taps, (row, column) => {
    let sum = 0;
    for (let i = 0; i < taps; i++) sum += (a[row * taps + i] as number) * (b[i * taps + column] as number);
    return sum;
  });
}

export const transpose = (a: Matrix, taps: number): Matrix =>
  build(taps, (row, column) => a[column * taps + row] as number);

/** Values of the lower triangle, with its diagonal or without, as one finds them row by row. */
function lower(values: ArrayLike<number>, taps: number, diagonal: boolean): Matrix {
  let next = 0;
  return build(taps, (row, column) =>
    column < row || (diagonal && column === row) ? (values[next++] as number) : 0,
  );
}

/** exp by its series of A/2¹⁰, squared ten times. */
function exponential(a: Matrix, taps: number): Matrix {
  const small = a.map((value) => value / 1024);
  let [sum, power] = [build(taps, delta), build(taps, delta)];
  for (let n = 1; n <= 20; n++) {
    power = product(power, small, taps).map((value) => value / n);
    sum = sum.map((value, i) => value + (power[i] as number));
  }
  for (let i = 0; i < 10; i++) sum = product(sum, sum, taps);
  return sum;
}

/** M of the weight of a static structure, or of what is predicted for a dynamic one. */
export function matrixOf(name: string, z: ArrayLike<number>, taps: number, rank = 2): Matrix {
  const [source, ...rest] = name.split('-');
  const below = (diagonal: boolean) => lower(z, taps, diagonal);
  switch (rest.join('-')) {
    case 'low-rank': {
      const columns = Math.min(rank, taps);
      const start = (tap: number, column: number) =>
        source === 'dynamic'
          ? Math.sqrt((column ? 2 : 1) / taps) * Math.cos((Math.PI * (2 * tap + 1) * column) / (2 * taps))
          : 0;
      return build(taps, (row, input) => {
        let sum = delta(row, input);
        for (let j = 0; j < columns; j++)
          sum +=
            ((z[row * columns + j] as number) + start(row, j)) * (z[(taps + input) * columns + j] as number);
        return sum;
      });
    }
    case 'symmetric': {
      const half = below(true);
      return build(taps, (row, column) => {
        const [a, b] = [Math.max(row, column), Math.min(row, column)];
        return delta(row, column) + (half[a * taps + b] as number);
      });
    }
    case 'psd': {
      const factor = below(true).map((value, i) => value + delta(Math.floor(i / taps), i % taps));
      return product(factor, transpose(factor, taps), taps);
    }
    case 'orthogonal': {
      const half = below(false);
      const skew = build(taps, (r, c) => (half[r * taps + c] as number) - (half[c * taps + r] as number));
      const longest = 2 * Math.PI ** 2 * Math.max(1, Math.floor(taps / 2));
      const length = Math.sqrt(1 + skew.reduce((sum, value) => sum + value ** 2, 0) / longest);
      return exponential(
        skew.map((value) => value / length),
        taps,
      );
    }
    default:
      throw new Error(name);
  }
}

/** The smallest eigenvalue of a symmetric matrix, by Jacobi's rotations. */
export function smallestEigenvalue(matrix: ArrayLike<number>, taps: number): number {
  const a = Array.from({ length: taps }, (_, row) =>
    Array.from({ length: taps }, (_, column) => matrix[row * taps + column] as number),
  );
  for (let sweep = 0; sweep < 30; sweep++)
    for (let p = 0; p < taps; p++)
      for (let q = p + 1; q < taps; q++) {
        const at = (row: number, column: number) => a[row]?.[column] as number;
        const angle = 0.5 * Math.atan2(2 * at(p, q), at(q, q) - at(p, p));
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (let i = 0; i < taps; i++) {
          const [x, y] = [at(i, p), at(i, q)];
          (a[i] as number[])[p] = c * x - s * y;
          (a[i] as number[])[q] = s * x + c * y;
        }
        for (let i = 0; i < taps; i++) {
          const [x, y] = [at(p, i), at(q, i)];
          (a[p] as number[])[i] = c * x - s * y;
          (a[q] as number[])[i] = s * x + c * y;
        }
      }
  return Math.min(...a.map((row, i) => row[i] as number));
}
