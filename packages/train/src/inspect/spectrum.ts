/**
 * Singular values of kernels, and what they say in one number. By the Gram matrix of the smaller side, in float64:
 * n²·m multiply-adds for m ≥ n, then an SVD of n×n without vectors. What is squared loses values below 1e-8 of the
 * largest: weights in float32 are no surer than that. 4608×512 takes some two seconds of one core.
 */

/** Multiply-adds of a Gram matrix that is computed: some seconds. */
const MOST_WORK = 4e9;
/** Of float32: what is smaller than this share of the largest value, times the longer side, is rounding. */
const EPSILON = 2 ** -23;

/** A matrix's singular values σ, and their figures. */
export interface Spectrum {
  readonly rows: number;
  readonly columns: number;
  /** min(rows, columns) values, the largest first. */
  readonly values: readonly number[];
  /** Σσ. */
  readonly nuclear: number;
  /** √Σσ². */
  readonly frobenius: number;
  /** Number of values above 2⁻²³·max(rows, columns) of the largest. */
  readonly rank: number;
  /** exp(−Σ pᵢ·log pᵢ) with pᵢ = σᵢ/Σσ (Roy & Vetterli 2007): 1 to min(rows, columns); 0 for a zero matrix. */
  readonly effectiveRank: number;
  /** Σσ²/σ₁²; 0 for a zero matrix. */
  readonly stableRank: number;
}

/** Whether a matrix is small enough for its singular values to be computed here. */
export function hasSpectrum(rows: number, columns: number): boolean {
  return Math.min(rows, columns) ** 2 * Math.max(rows, columns) <= MOST_WORK;
}

/**
 * @param matrix [rows, columns], row by row; finite.
 * @returns null for a matrix that is too large (`hasSpectrum`) or empty, or has a value that is not finite.
 */
export async function spectrumOf(
  matrix: ArrayLike<number>,
  rows: number,
  columns: number,
): Promise<Spectrum | null> {
  if (rows * columns === 0 || !hasSpectrum(rows, columns)) return null;
  const values = await singularValues(matrix, rows, columns);
  return values.every(Number.isFinite) ? figuresOf(values, rows, columns) : null;
}

/** The figures of singular values that are known: those of a matrix of blocks are those of its blocks. */
export function figuresOf(values: readonly number[], rows: number, columns: number): Spectrum {
  const sorted = values.toSorted((a, b) => b - a);
  const [largest = 0] = sorted;
  const nuclear = sorted.reduce((sum, value) => sum + value, 0);
  const squares = sorted.reduce((sum, value) => sum + value * value, 0);
  const entropy = sorted.reduce((sum, value) => {
    const share = nuclear > 0 ? value / nuclear : 0;
    return share > 0 ? sum - share * Math.log(share) : sum;
  }, 0);
  const least = EPSILON * Math.max(rows, columns) * largest;
  return {
    rows,
    columns,
    values: sorted,
    nuclear,
    frobenius: Math.sqrt(squares),
    rank: sorted.filter((value) => value > least).length,
    effectiveRank: nuclear > 0 ? Math.exp(entropy) : 0,
    stableRank: largest > 0 ? squares / largest ** 2 : 0,
  };
}

async function singularValues(matrix: ArrayLike<number>, rows: number, columns: number): Promise<number[]> {
  // Loaded by the first matrix: a page that only trains has no need of it.
  const { Matrix, SVD } = await import('ml-matrix');
  const size = Math.min(rows, columns);
  const gram = new Matrix(lines(gramOf(matrix, rows, columns), size));
  const { diagonal } = new SVD(gram, {
    computeLeftSingularVectors: false,
    computeRightSingularVectors: false,
  });
  return diagonal.map((square) => Math.sqrt(Math.max(0, square)));
}

/** AᵀA, or AAᵀ where that is smaller: [n, n]. */
function gramOf(a: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const size = Math.min(rows, columns);
  const gram = new Float64Array(size * size);
  const [step, next, count] = columns <= rows ? [columns, 1, rows] : [1, columns, columns];
  const line = new Float64Array(size);
  for (let k = 0; k < count; k++) {
    for (let i = 0; i < size; i++) line[i] = a[k * step + i * next] as number;
    for (let i = 0; i < size; i++) {
      const factor = line[i] as number;
      const start = i * size;
      for (let j = 0; j <= i; j++) gram[start + j]! += factor * line[j]!;
    }
  }
  for (let i = 0; i < size; i++)
    for (let j = 0; j < i; j++) gram[j * size + i] = gram[i * size + j] as number;
  return gram;
}

const lines = (flat: Float64Array, size: number) =>
  Array.from({ length: size }, (_, i) => [...flat.subarray(i * size, (i + 1) * size)]);
