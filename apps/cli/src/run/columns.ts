// The columns of the results' table, in the terminal and in the report alike.

import { textTable } from '../terminal/text-table';
import type { ResultRow } from './results';

export interface ResultColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** The cell's text, or null where the figure does not apply. */
  cell(row: ResultRow): string | null;
}

const count = (value: number | null) => (value === null ? null : value.toLocaleString('en-US'));
const rate = (value: number | null) => (value === null ? null : count(Math.round(value)));

const left = (title: string, cell: ResultColumn['cell']): ResultColumn => ({ title, align: 'left', cell });
const right = (title: string, cell: ResultColumn['cell']): ResultColumn => ({ title, align: 'right', cell });

export const resultColumns: readonly ResultColumn[] = [
  left('name', (row) => row.name),
  left('similarity', (row) => row.similarity),
  left('predictor', (row) => row.predictor),
  right('parameters', (row) => count(row.parameters)),
  right('multiply-adds', (row) => count(row.multiplyAdds)),
  right('test error %', (row) => row.testError?.toFixed(2) ?? null),
  right('train images/s', (row) => rate(row.trainImagesPerSecond)),
  right('inference images/s', (row) => rate(row.inferenceImagesPerSecond)),
  right('folded images/s', (row) => rate(row.foldedImagesPerSecond)),
  right('fold difference', (row) => row.foldDifference?.toExponential(1) ?? null),
];

/** The table as text. */
export function resultsTable(rows: readonly ResultRow[]): string {
  return textTable(
    resultColumns,
    rows.map((row) => resultColumns.map(({ cell }) => cell(row))),
  );
}
