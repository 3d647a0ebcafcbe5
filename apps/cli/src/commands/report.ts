// `neusim report <run …>`: the page of a run made anew, or one page of several, from their report.json alone.

import { exists, joinPath, makeFolder, readText, writeAtomic } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import { type Labelled, mergeReports, parseReport, type Report } from '@neusim/report';
import { comparisonText, resultsTable } from '../run/results-table';
import { pageOf } from '../run/write-results';
import { shellCommand } from '../terminal/shell-command';
import type { Outcome, Terminal } from '../terminal/terminal';

export interface ReportOptions {
  readonly out?: string;
}

/** Some 2 MB are usual; a comparison of many has more. */
const MOST_BYTES = 2 ** 28;

/**
 * @param paths folders with a report.json, or such files.
 * @throws NeusimError CLI_NO_REPORT, REPORT_CORRUPT, REPORT_VERSION
 */
export async function report(
  _: Terminal,
  paths: readonly string[],
  { out }: ReportOptions,
): Promise<Outcome> {
  const reports: Labelled[] = [];
  for (const path of paths) reports.push({ label: labelOf(path), report: await read(path) });
  const [first] = reports as [Labelled];
  const isOne = reports.length === 1;
  const file = out ?? (isOne ? joinPath(folderOf(paths[0] as string), 'report.html') : 'report.html');
  const command = shellCommand(['npx', 'neusim', 'report', ...paths, '--out', file]);
  const merged = isOne ? first.report : mergeReports(reports, command);
  await makeFolder(joinPath(file, '..'));
  await writeAtomic(file, drawn(merged, paths));
  const rows = merged.runs.map(({ result }) => result);
  const { comparison } = merged;
  const text = [resultsTable(rows), ...(comparison ? [comparisonText(comparison)] : []), `Report: ${file}`];
  return { json: { report: file, rows, ...(comparison && { comparison }) }, text: `\n${text.join('\n\n')}` };
}

const folderOf = (path: string) => (path.endsWith('.json') ? joinPath(path, '..') : path);

/** The folder's name; of one of several seeds, with that of its variant. */
function labelOf(path: string): string {
  const names = folderOf(path)
    .split(/[\\/]/)
    .filter((name) => name !== '' && name !== '.');
  const last = names.at(-1) ?? path;
  return /^seed-\d+$/.test(last) && names.length > 1 ? `${names.at(-2)}/${last}` : last;
}

async function read(path: string): Promise<Report> {
  const file = path.endsWith('.json') ? path : joinPath(path, 'report.json');
  if (await exists(file)) return parseReport(await readText(file, MOST_BYTES), file);
  const config = joinPath(path, 'config.json');
  const finish = shellCommand(['npx', 'neusim', 'train', config, '--out', path, '--resume']);
  throw new NeusimError('CLI_NO_REPORT', `${file} is not there`, {
    data: { file },
    hint: (await exists(config))
      ? `the run is not finished, or was made by an earlier version; this finishes it: ${finish}`
      : 'name folders of `neusim train`, `neusim demo` or `neusim compare`',
  });
}

/** What is no report in spite of its name fails here at the latest. */
function drawn(merged: Report, paths: readonly string[]): string {
  try {
    return pageOf(merged);
  } catch (cause) {
    throw new NeusimError('REPORT_CORRUPT', `${paths.join(', ')}: ${(cause as Error).message}`, {
      data: { paths },
      hint: 'make report.json again: `neusim train CONFIG --out RUN --resume` ends at once and writes it',
      cause,
    });
  }
}
