// Rows of text in aligned columns.

import { printable } from './printable';

export interface Column {
  readonly title: string;
  /** Default `left`. */
  readonly align?: 'left' | 'right';
}

/**
 * One line a row, columns two spaces apart, a rule under the titles; a cell that is null shows as –, control characters of
 * others show as escapes.
 */
export function textTable(columns: readonly Column[], rows: readonly (readonly (string | null)[])[]): string {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => row.map((cell) => printable(cell ?? '–'))),
  ];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => [...(row[index] ?? '')].length)));
  const line = (row: readonly string[]) =>
    columns
      .map(({ align = 'left' }, index) => {
        const space = ' '.repeat((widths[index] ?? 0) - [...(row[index] ?? '')].length);
        return align === 'right' ? space + (row[index] ?? '') : (row[index] ?? '') + space;
      })
      .join('  ')
      .trimEnd();
  const [head = [], ...body] = cells;
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...body.map(line)].join('\n');
}
