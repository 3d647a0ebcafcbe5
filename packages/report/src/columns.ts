// The columns of the results' table, in the terminal and in the report alike.

import type { ResultRow } from './results';

export interface ResultColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** The cell's text, or null where the figure does not apply. */
  cell(row: ResultRow): string | null;
  /** Whether the column is left out. */
  readonly isIdle?: (rows: readonly ResultRow[]) => boolean;
}

const count = (value: number | null) => (value === null ? null : value.toLocaleString('en-US'));
const rate = (value: number | null) => (value === null ? null : count(Math.round(value)));

const left = (title: string, cell: ResultColumn['cell']): ResultColumn => ({ title, align: 'left', cell });
const right = (title: string, cell: ResultColumn['cell']): ResultColumn => ({ title, align: 'right', cell });

function errorText({ testError, testErrorInterval }: ResultRow): string | null {
  const error = testError?.toFixed(2) ?? null;
  return error === null || testErrorInterval === undefined
    ? error
    : `${error} ± ${testErrorInterval.toFixed(2)}`;
}

const columns: readonly ResultColumn[] = [
  left('name', (row) => row.name),
  { ...right('seed', (row) => String(row.seed)), isIdle: (rows) => new Set(rows.map(seedOf)).size < 2 },
  left('similarity', (row) => row.similarity),
  left('predictor', (row) => row.predictor),
  right('parameters', (row) => count(row.parameters)),
  right('multiply-adds', (row) => count(row.multiplyAdds)),
  right('test error %', errorText),
  {
    ...right('top-5 error %', (row) => row.top5Error?.toFixed(2) ?? null),
    isIdle: (rows) => rows.every(({ top5Error }) => top5Error === null),
  },
  right('test loss', (row) => row.testLoss?.toFixed(3) ?? null),
  right('train images/s', (row) => rate(row.trainImagesPerSecond)),
  right('inference images/s', (row) => rate(row.inferenceImagesPerSecond)),
  right('folded images/s', (row) => rate(row.foldedImagesPerSecond)),
  right('fold difference', (row) => row.foldDifference?.toExponential(1) ?? null),
];

const seedOf = ({ seed }: ResultRow) => seed;

/** Those that say something of these rows. */
export function resultColumns(rows: readonly ResultRow[]): readonly ResultColumn[] {
  return columns.filter(({ isIdle }) => !isIdle?.(rows));
}
