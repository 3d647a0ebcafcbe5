/** The table of tiles that the tuning command writes into the engine. */
import type { tuning } from '@neusim/backend-webgpu';

export type TunedTable = typeof tuning.tuned;

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
