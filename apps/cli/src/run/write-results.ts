// The files that a command leaves beside its runs: results.json and report.html.

import { cpus } from 'node:os';
import type { Dataset } from '@neusim/datasets';
import { joinPath, makeFolder, writeAtomic } from '@neusim/platform';
import { reportPage } from '../report/page';
import type { Results } from './results';
import type { RunReport } from './run-report';

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
  readonly seconds: number;
  /** The command that makes the report again. */
  readonly command: string;
}

/** Writes both into `out`. */
export async function writeResults(out: string, finished: Finished): Promise<Written> {
  const { seed, engine, dataset, runs } = finished;
  const results: Results = {
    seed,
    backend: engine.name,
    dataset: dataset.name,
    rows: runs.map(({ result }) => result),
  };
  const written = {
    results,
    resultsPath: joinPath(out, 'results.json'),
    reportPath: joinPath(out, 'report.html'),
  };
  await makeFolder(out);
  await writeAtomic(written.resultsPath, `${JSON.stringify(results, null, 2)}\n`);
  await writeAtomic(written.reportPath, reportPage({ ...finished, facts: factsOf(finished) }));
  return written;
}

function factsOf({ seed, engine, dataset, seconds }: Finished): [string, string][] {
  const count = (n: number) => n.toLocaleString('en-US');
  return [
    ['data set', `${dataset.name}, ${count(dataset.train.count)} + ${count(dataset.test.count)} images`],
    ['seed', String(seed)],
    ['engine', `${engine.name} (${engine.adapter})`],
    ['processor', `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores`],
    ['Node', process.versions.node],
    ['time', `${Math.round(seconds)} s`],
    ['date', new Date().toISOString().slice(0, 10)],
  ];
}
