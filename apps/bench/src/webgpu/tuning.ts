/**
 * What the tuning command needs of the engine: the tiles of its convolution kernels, from the export `tuning` of
 * `@neusim/backend-webgpu`.
 */
import * as engine from '@neusim/backend-webgpu';
import { NeusimError } from '@neusim/registry';
import type { GpuBackend } from './backend';

/** How one workgroup's share of a product is laid out; to the tuning command no more than a value. */
export type Tile = object;
export type Problem = object;
/** By adapter, then by problem. */
export type TunedTable = Readonly<Record<string, Readonly<Record<string, Tile>>>>;

export interface Tuning {
  readonly tuned: TunedTable;
  adapterKey(gpu: GpuBackend): string;
  tuningKey(problem: Problem): string;
  candidates(problem: Problem, limits: GPUSupportedLimits): readonly Tile[];
  withTile<T>(tile: Tile, f: () => T): T;
  watchProblems<T>(met: (problem: Problem) => void, f: () => T): T;
}

/** @throws NeusimError BENCH_NO_TUNING */
export function requireTuning(): Tuning {
  const { tuning } = engine as unknown as { tuning?: Tuning };
  if (tuning) return tuning;
  throw new NeusimError(
    'BENCH_NO_TUNING',
    '@neusim/backend-webgpu exports no `tuning`: it has no tiles to choose',
    {
      hint: 'Use a version whose convolution kernels have tiles.',
    },
  );
}

/** The source of `kernels/conv/tuned.ts`. */
export function tunedSource(table: TunedTable): string {
  const json = JSON.stringify(sorted(table), null, 2)
    .replaceAll(/"([A-Za-z]\w*)":/g, '$1:')
    .replaceAll('"', "'");
  return `/** Tiles that were timed on real adapters. Data only: a tuning command writes this file. */
import type { TunedTiles } from './tile';

/** By \`vendor/architecture\`, then by \`tuningKey(problem)\`. */
export const tuned: Readonly<Record<string, TunedTiles>> = ${json};
`;
}

function sorted(table: TunedTable): TunedTable {
  const byKey = <T>(record: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
  return byKey(Object.fromEntries(Object.entries(table).map(([adapter, tiles]) => [adapter, byKey(tiles)])));
}
