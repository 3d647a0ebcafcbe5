/**
 * Which part of a product one workgroup computes: tiles of the kernels' implicit matrix products
 * [rows, inner] × [inner, columns]. A tile is chosen by the table that a tuning command wrote for the adapter, else by a
 * rule; every candidate gives the same results, up to rounding.
 *
 * To time them: `for (const tile of candidates(problem, gpu.device.limits)) withTile(tile, () => …)`, and write the
 * fastest into `tuned.ts` under the adapter and `tuningKey(problem)`. `watchProblems` tells which problems a model has.
 */
import type { Gpu } from '../../engine/internals';
import type { Tile } from './tile';
import { tuned } from './tuned';

export type Operation = 'forward' | 'input' | 'filter' | 'similarity';
/** m = null, K values a position, or K × K. */
export type Form = 'none' | 'diagonal' | 'full';

/** One product, as far as the choice of a tile depends on it. */
export interface Problem {
  readonly operation: Operation;
  readonly form: Form;
  readonly taps: number;
  /** B·H'·W' (`forward`, `similarity`), B·H·W (`input`), K·C (`filter`). */
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
}

export type Limits = Pick<
  GPUSupportedLimits,
  'maxComputeWorkgroupStorageSize' | 'maxComputeInvocationsPerWorkgroup'
>;

const tile = (
  tileM: number,
  tileN: number,
  tileK: number,
  rowsPerThread: number,
  columnsPerThread: number,
): Tile => ({
  tileM,
  tileN,
  tileK,
  rowsPerThread,
  columnsPerThread,
});

/**
 * Each invocation loads two vectors of an operand and slice at most: with more, the programs for odd channels grow until
 * software adapters take minutes to compile one.
 */
const TILES: readonly Tile[] = [
  tile(128, 128, 16, 8, 8),
  tile(128, 128, 8, 8, 8),
  tile(128, 64, 16, 8, 4),
  tile(128, 64, 8, 8, 8),
  tile(64, 128, 16, 4, 8),
  tile(64, 64, 32, 4, 4),
  tile(64, 64, 16, 4, 4),
  tile(64, 64, 16, 8, 4),
  tile(64, 64, 8, 8, 8),
  tile(128, 32, 8, 8, 4),
  tile(128, 16, 8, 4, 4),
  tile(64, 32, 16, 4, 4),
  tile(32, 64, 16, 4, 4),
  tile(32, 32, 16, 4, 4),
  tile(32, 16, 8, 4, 4),
  tile(32, 16, 8, 2, 4),
  tile(16, 16, 8, 1, 4),
];

export const threadsOf = ({ tileM, tileN, rowsPerThread, columnsPerThread }: Tile) =>
  (tileM / rowsPerThread) * (tileN / columnsPerThread);

/** Workgroup memory that a tile takes, in bytes. */
export function workgroupBytes({ operation }: Problem, t: Tile): number {
  const staged = t.tileK * (t.tileM + t.tileN);
  const sums = operation === 'similarity' ? (t.tileM * t.tileN) / t.columnsPerThread : 0;
  return 4 * (staged + sums);
}

/** Every tile with which the problem runs on a device of these limits; at least one. */
export function candidates(problem: Problem, limits: Limits): readonly Tile[] {
  const fewestRows = problem.operation === 'filter' ? 4 : 1;
  return TILES.filter(
    (t) =>
      t.rowsPerThread >= fewestRows &&
      threadsOf(t) <= limits.maxComputeInvocationsPerWorkgroup &&
      workgroupBytes(problem, t) <= limits.maxComputeWorkgroupStorageSize,
  );
}

let forced: Tile | null = null;

/** Runs `f`, in which every product is computed by this tile: one of `candidates` for it. */
export function withTile<T>(tile: Tile, f: () => T): T {
  const before = forced;
  forced = tile;
  try {
    return f();
  } finally {
    forced = before;
  }
}

let watcher: ((problem: Problem) => void) | null = null;

/** Runs `f`, and tells of each product in it. */
export function watchProblems<T>(met: (problem: Problem) => void, f: () => T): T {
  const before = watcher;
  watcher = met;
  try {
    return f();
  } finally {
    watcher = before;
  }
}

/** The key of a problem in the tuned table: problems whose sizes round up to the same powers of 2 share one. */
export function tuningKey({ operation, form, taps, rows, columns, inner }: Problem): string {
  const sizes = [rows, columns, inner].map((size) => 2 ** Math.ceil(Math.log2(size)));
  return `${operation} ${form} ${taps} ${sizes.join('x')}`;
}

/** An adapter's key in the tuned table. */
export function adapterKey({ device }: Pick<Gpu, 'device'>): string {
  const { vendor = '', architecture = '' } = (device as { adapterInfo?: GPUAdapterInfo }).adapterInfo ?? {};
  return `${vendor}/${architecture}`;
}

/** The tile for a problem on this device. */
export function tileFor(gpu: Gpu, problem: Problem): Tile {
  watcher?.(problem);
  if (forced) return forced;
  const fitting = candidates(problem, gpu.device.limits);
  const known = tuned[adapterKey(gpu)]?.[tuningKey(problem)];
  if (known && fitting.some((t) => JSON.stringify(t) === JSON.stringify(known))) return known;
  return fitting.reduce((best, t) => (cost(problem, t) < cost(problem, best) ? t : best));
}

/** Workgroups below which a large GPU has idle cores. */
const WORKGROUPS_WANTED = 256;

/** What a multiply-add costs in relation to others, with all that is around it. */
function cost({ operation, rows, columns, inner }: Problem, t: Tile): number {
  const padded = (size: number, tile: number) => Math.ceil(size / tile) * tile;
  const waste =
    (padded(rows, t.tileM) / rows) * (padded(columns, t.tileN) / columns) * (padded(inner, t.tileK) / inner);
  // Reads of workgroup memory, and of global memory.
  const reads = 1 / t.rowsPerThread + 1 / t.columnsPerThread + 8 / t.tileM + 8 / t.tileN;
  // The filter gradient is split along its inner dimension until there are enough.
  const groups =
    operation === 'filter' ? WORKGROUPS_WANTED : Math.ceil(rows / t.tileM) * Math.ceil(columns / t.tileN);
  const idle = Math.max(1, WORKGROUPS_WANTED / groups);
  return waste * (1 + reads) * idle ** 0.5;
}

/** Positions that a split of the filter gradient has at least. */
const FEWEST_POSITIONS = 256;
/** Floats of partial sums at most. */
const MOST_PARTIAL_FLOATS = 1 << 23;
const MOST_SPLITS = 256;

/** Into how many runs of positions the filter gradient is split, and how many positions a run has. */
export function splitsFor(
  { rows, columns, inner }: Problem,
  t: Tile,
): { readonly splits: number; readonly positions: number } {
  const tiles = Math.ceil(rows / t.tileM) * Math.ceil(columns / t.tileN);
  const wanted = Math.ceil((2 * WORKGROUPS_WANTED) / tiles);
  const most = Math.min(
    MOST_SPLITS,
    Math.max(1, Math.floor(inner / FEWEST_POSITIONS)),
    Math.max(1, Math.floor(MOST_PARTIAL_FLOATS / (rows * columns))),
  );
  const positions = Math.ceil(inner / Math.min(wanted, most) / t.tileK) * t.tileK;
  return { splits: Math.ceil(inner / positions), positions };
}
