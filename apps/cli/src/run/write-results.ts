// The files that a command leaves beside its runs: results.json, the same as a table of Markdown, and report.json with the
// page that is made of it.

import { cpus } from 'node:os';
import type { Dataset } from '@neusim/datasets';
import { joinPath, makeFolder, writeAtomic } from '@neusim/platform';
import { compareRuns, type Report, type Results, type RunReport, reportPage } from '@neusim/report';
import { parseHTML } from 'linkedom';
import { packageVersion } from '../package-version';
import { resultsMarkdown } from './results-markdown';

export interface Written {
  readonly results: Results;
  readonly resultsPath: string;
  readonly reportPath: string;
}

export interface Finished {
  readonly title: string;
  readonly summary: string;
  readonly seed: number;
  readonly engine: { readonly name: string; readonly adapter: string };
  readonly dataset: Dataset;
  readonly runs: readonly RunReport[];
  /** Runs that are missing, and why. */
  readonly missing: readonly string[];
  /** Null where a part was done before. */
  readonly seconds: number | null;
  /** The command that makes the runs again. */
  readonly command: string;
}

/** Writes all of them into `out`. */
export async function writeResults(out: string, finished: Finished): Promise<Written> {
  const { title, summary, seed, engine, dataset, runs, missing, command } = finished;
  const comparison = compareRuns(runs);
  const results: Results = {
    seed,
    backend: engine.name,
    dataset: dataset.name,
    rows: runs.map(({ result }) => result),
    ...(comparison && { comparison }),
  };
  const report: Report = {
    format: 'neusim-report',
    version: 1,
    title,
    summary,
    facts: factsOf(finished),
    dataset: dataset.name,
    runs,
    missing,
    comparison,
    command,
  };
  const written = {
    results,
    resultsPath: joinPath(out, 'results.json'),
    reportPath: joinPath(out, 'report.html'),
  };
  await makeFolder(out);
  await writeAtomic(joinPath(out, 'report.json'), `${JSON.stringify(report)}\n`);
  await writeAtomic(written.reportPath, pageOf(report));
  await writeAtomic(joinPath(out, 'results.md'), resultsMarkdown(report));
  // The last: where it is, the others are.
  await writeAtomic(written.resultsPath, `${JSON.stringify(results, null, 2)}\n`);
  return written;
}

/** The page of a report. */
export function pageOf(report: Report): string {
  const { document } = parseHTML('<html><body></body></html>');
  return reportPage(report, document as unknown as Document);
}

function factsOf({ runs, engine, dataset, seconds }: Finished): [string, string][] {
  const count = (n: number) => n.toLocaleString('en-US');
  const seeds = [...new Set(runs.map(({ result }) => result.seed))];
  return [
    ['data set', `${dataset.name}, ${count(dataset.train.count)} + ${count(dataset.test.count)} images`],
    [seeds.length > 1 ? 'seeds' : 'seed', seeds.join(', ')],
    ['engine', `${engine.name} (${engine.adapter})`],
    ['processor', `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores`],
    ['Node', process.versions.node],
    ['neusim', packageVersion()],
    ['tfjs', packageVersion('@tensorflow/tfjs-core')],
    ...(seconds === null ? [] : [['time', `${Math.round(seconds)} s`] as [string, string]]),
    ['date', new Date().toISOString().slice(0, 10)],
  ];
}
