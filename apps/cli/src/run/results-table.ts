// The results and their comparison as text.

import { type Comparison, formatP, type ResultRow, resultColumns, signed } from '@neusim/report';
import { textTable } from '../terminal/text-table';

export function resultsTable(rows: readonly ResultRow[]): string {
  const columns = resultColumns(rows);
  return textTable(
    columns,
    rows.map((row) => columns.map(({ cell }) => cell(row))),
  );
}

const right = 'right' as const;

const variantColumns = [
  { title: 'variant' },
  { title: 'seeds', align: right },
  { title: 'mean error %', align: right },
  { title: '95 %', align: right },
];

const pairColumns = [
  { title: 'difference of' },
  { title: 'points', align: right },
  { title: '95 %', align: right },
  { title: 'p', align: right },
  { title: 'test' },
  { title: 'verdict' },
];

/** Variants, pairs and notes, an empty line between. */
export function comparisonText({ variants, pairs, notes }: Comparison): string {
  const variantRows = variants.map(({ name, seeds, mean, interval }) => [
    name,
    String(seeds.length),
    mean.toFixed(2),
    interval?.map((end) => end.toFixed(2)).join(' … ') ?? null,
  ]);
  const pairRows = pairs.map(({ a, b, difference, interval, p, test, verdict }) => [
    `${b} − ${a}`,
    signed(difference),
    interval?.map(signed).join(' … ') ?? null,
    formatP(p),
    test,
    verdict,
  ]);
  return [
    textTable(variantColumns, variantRows),
    ...(pairs.length > 0 ? [textTable(pairColumns, pairRows)] : []),
    ...notes,
  ].join('\n\n');
}
