// Text files of rows: CSV as RFC 4180 has it, and lines of words. What is wrong is told with the file and the line.

import { NeusimError } from '@neusim/registry';
import type { DatasetPlatform } from '../types';

/** No list of a data set's images comes near it. */
const MAX_BYTES = 2 ** 28;

export interface Row {
  /** Counted from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

export function badRow(file: string, line: number, message: string, hint = 'correct the line') {
  return new NeusimError('DATASET_BAD_ROW', `${file}, line ${line}: ${message}`, {
    data: { file, line, message },
    hint,
  });
}

/** @throws NeusimError `PLATFORM_TOO_LARGE`, `PLATFORM_FILE_MISSING` */
export async function readRows(platform: DatasetPlatform, file: string): Promise<string> {
  return (await platform.readText(file, MAX_BYTES)).replace(/^\uFEFF/, '');
}

/**
 * Rows of a CSV; empty lines are left out.
 * @param file for errors.
 * @throws NeusimError `DATASET_BAD_ROW` with `data.line`: a quote that is never closed, or stands amid a field; a row with
 *   more or fewer fields than the first
 */
export function parseCsv(file: string, text: string): Row[] {
  const rows: Row[] = [];
  let [at, line] = [0, 1];
  while (at < text.length) {
    const first = line;
    const fields: string[] = [];
    for (;;) {
      let field = '';
      if (text[at] === '"') {
        const end = closingQuote(text, at + 1);
        if (end < 0) throw badRow(file, first, 'a quote is opened and never closed');
        const quoted = text.slice(at + 1, end);
        line += quoted.split('\n').length - 1;
        field = quoted.replaceAll('""', '"');
        at = end + 1;
        if (at < text.length && !/[,\r\n]/.test(text[at] as string))
          throw badRow(file, line, `"${text[at]}" stands behind a closing quote`);
      } else {
        const from = at;
        while (at < text.length && text[at] !== ',' && text[at] !== '\n' && text[at] !== '\r') at++;
        field = text.slice(from, at);
        if (field.includes('"')) throw badRow(file, line, 'a quote stands amid a field');
      }
      fields.push(field);
      if (text[at] !== ',') break;
      at++;
    }
    if (text[at] === '\r') at++;
    if (text[at] === '\n') at++;
    line++;
    if (fields.length === 1 && fields[0]?.trim() === '') continue;
    const wanted = rows[0]?.fields.length ?? fields.length;
    if (fields.length !== wanted)
      throw badRow(file, first, `${fields.length} fields; the first line has ${wanted}`);
    rows.push({ line: first, fields });
  }
  return rows;
}

/** The quote that ends a field; two are one in it. */
function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2))
    if (text[at + 1] !== '"') return at;
  return -1;
}

/** Words of each line; empty lines are left out. @param separator default: white space. */
export function parseLines(text: string, separator: string | RegExp = /\s+/): Row[] {
  return text
    .split(/\r?\n/)
    .map((line, index) => ({ line: index + 1, fields: line.trim().split(separator) }))
    .filter(({ fields }) => fields[0] !== '');
}
