// Several reports as one: rows and curves of all, compared where they share their test images.

import type { Report, RunReport } from '../types';
import { compareRuns } from './compare-runs';

/** A report, and what to call its runs where two that differ have one name. */
export interface Labelled {
  readonly label: string;
  readonly report: Report;
}

/** @param command that makes the merged page again. @param reports one or more. */
export function mergeReports(reports: readonly Labelled[], command: string): Report {
  const runs = withOwnNames(reports);
  const datasets = new Set(reports.map(({ report }) => report.dataset));
  const [dataset = null] = datasets.size === 1 ? datasets : [];
  const names = [...new Set(runs.map(({ result }) => result.name))];
  return {
    format: 'neusim-report',
    version: 1,
    title: `${names.length > 4 ? `${names.length} networks` : names.join(', ')}${dataset === null ? '' : ` on ${dataset}`}`,
    summary: `${runs.length} runs of ${reports.length} reports.`,
    facts: sharedFacts(reports.map(({ report }) => report)),
    dataset,
    runs,
    missing: reports.flatMap(({ report }) => report.missing),
    comparison: compareRuns(runs),
    command,
  };
}

/** Runs of one name are seeds of one variant only where their configs agree. */
function withOwnNames(reports: readonly Labelled[]): RunReport[] {
  const all = reports.flatMap(({ label, report }) => report.runs.map((run) => ({ label, run })));
  return all.map(({ label, run }) => {
    const { name, seed } = run.result;
    const others = all.filter((other) => other.run !== run && other.run.result.name === name);
    const isTaken = others.some(
      (other) => variantOf(other.run) !== variantOf(run) || other.run.result.seed === seed,
    );
    return isTaken && label !== name
      ? { ...run, result: { ...run.result, name: `${name} · ${label}` } }
      : run;
  });
}

/** The config but for what may differ between seeds of one variant; plug-ins are named from each run's folder. */
function variantOf({ config }: RunReport): string {
  const ownToEach = { seed: null, workers: null, name: null, checkpoint: null, plugins: null };
  // Before and after: a key that one of them lacks changes no order.
  return JSON.stringify({ ...ownToEach, ...(config as object), ...ownToEach });
}

/** Facts that hold for all, and those of each where they differ. */
function sharedFacts(reports: readonly Report[]): [string, string][] {
  const values = new Map<string, Set<string>>();
  for (const { facts } of reports)
    for (const [what, value] of facts) values.set(what, (values.get(what) ?? new Set()).add(value));
  return [...values]
    .filter(([what]) => what !== 'seed' && what !== 'time')
    .map(([what, all]) => [what, all.size > 3 ? `${all.size} of them` : [...all].join('; ')]);
}
