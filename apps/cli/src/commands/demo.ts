// `neusim demo`: a plain, a static and a dynamic network trained on real digits, and compared.

import { rm, stat } from 'node:fs/promises';
import { cores, exists, joinPath } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import { formatSmall, type RunReport } from '@neusim/report';
import { openDataset, parseConfig } from '@neusim/train';
import { runJobs, type Settled } from '../demo/pool';
import { demoRows, type Row } from '../demo/rows';
import { errorWarnings } from '../demo/warnings';
import { makeRegistry } from '../registry';
import { examine } from '../run/examine';
import { unlessStopped } from '../run/measure';
import { resultsTable } from '../run/results-table';
import { ticker } from '../run/ticker';
import { startEngine } from '../run/train-job';
import { writeResults } from '../run/write-results';
import { exitCodes } from '../terminal/exit-codes';
import { createProgress } from '../terminal/progress';
import { errorText, exitCodeOf } from '../terminal/report-error';
import { shellCommand } from '../terminal/shell-command';
import type { Outcome, Terminal } from '../terminal/terminal';

export interface DemoOptions {
  readonly seed: number;
  readonly out: string;
  readonly quick?: true;
  readonly workers?: number;
}

const SUMMARY =
  'One small network three times: comparing kernel and patch by the inner product, by a learned matrix M, and by an M predicted from the image at every position.';

/**
 * Rows that fail, or that Ctrl-C stops, are left out: those that finished are kept.
 * @throws NeusimError CLI_OUT_NOT_FOLDER, CLI_OUT_TAKEN where `out` is the folder of a `neusim train`
 */
export async function demo(terminal: Terminal, options: DemoOptions): Promise<Outcome> {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const { seed, out, quick = false, workers = cores() > 1 ? 2 : 1 } = options;
  await requireDemoFolder(out);
  const rows = demoRows(seed, quick);
  const engine = await startEngine('wasm');
  const registry = makeRegistry();
  const dataset = await openDataset(parseConfig(rows[0]?.config), { registry });
  terminal.err(
    `Training ${rows.map(({ name }) => name).join(', ')} on ${dataset.train.count} ${dataset.name}, engine ${engine.name} (${engine.adapter}), seed ${seed}, ${workers} at a time.`,
  );

  const settled = await trainRows(terminal, rows, out, workers);
  const signal = terminal.interrupted;
  // A Ctrl-C that stopped the training keeps what is finished: its figures are still wanted.
  const stopMeasuring = signal.aborted ? new AbortController().signal : signal;
  const examination = { terminal, registry, plugins: [], dataset, signal: stopMeasuring };
  const runs: RunReport[] = [];
  const missing: string[] = [];
  const notes: string[] = [];
  for (const each of settled) {
    const run =
      'result' in each
        ? await unlessStopped(stopMeasuring, () => examine(examination, each.result, each.job.out))
        : null;
    if (run) runs.push(run);
    else {
      missing.push(whyMissing(each));
      notes.push('error' in each ? `${each.job.name} failed.` : whyMissing(each));
    }
  }
  // Why a row failed is told on standard error, once for all rows that failed alike.
  for (const text of new Set(
    settled.flatMap((each) => ('error' in each ? [errorText(each.error, false)] : [])),
  ))
    terminal.err(text);
  const exitCode = exitCodeFor(settled, runs.length < settled.length ? signal : null);
  if (runs.length === 0) return { json: { seed, rows: [], missing }, text: notes.join('\n'), exitCode };

  const { results, resultsPath, reportPath } = await writeResults(out, {
    title: 'Neural similarity on digits',
    summary: SUMMARY,
    seed,
    engine,
    dataset,
    runs,
    missing,
    seconds: seconds(),
    command: `npx neusim demo --seed ${seed}${quick ? ' --quick' : ''}`,
  });
  const warnings = quick ? [] : errorWarnings(results.rows);
  const lines = [
    '',
    resultsTable(results.rows),
    '',
    ...runs.flatMap(spreadLine),
    ...notes,
    ...warnings,
    `Report: ${reportPath}`,
    `Results: ${resultsPath}`,
    `${Math.round(seconds())} s in all.`,
  ];
  return { json: { ...results, missing, warnings }, text: lines.join('\n'), exitCode };
}

/** An earlier demo's folder is used again; what is no folder, or holds a run of `neusim train`, is left alone. */
async function requireDemoFolder(out: string): Promise<void> {
  const found = await stat(out).catch(() => undefined);
  if (found && !found.isDirectory())
    throw new NeusimError('CLI_OUT_NOT_FOLDER', `${out} is a file`, {
      data: { out },
      hint: 'give a folder with --out; it is made where there is none',
    });
  for (const name of ['config.json', 'checkpoints'])
    if (await exists(joinPath(out, name)))
      throw new NeusimError('CLI_OUT_TAKEN', `${out} holds a run of \`neusim train\` (${name})`, {
        data: { out, file: name },
        hint: 'give another folder with --out',
      });
}

/** Trains the rows, the longest first; returns them in their own order. */
async function trainRows(terminal: Terminal, rows: readonly Row[], out: string, workers: number) {
  const jobs = rows.map(({ name, config, cost }) => ({
    name,
    config,
    cost,
    out: joinPath(out, name),
    backend: 'wasm',
  }));
  // What an earlier demo left. What is in the way and cannot be removed, the row's own run will tell.
  for (const job of jobs)
    await rm(joinPath(job.out, 'checkpoints'), { recursive: true, force: true }).catch(() => {});
  const progress = createProgress(
    terminal,
    rows.map(({ name }) => name),
  );
  const tickers = new Map(rows.map(({ name }) => [name, ticker(name, progress)]));
  const settled = await runJobs(
    jobs.toSorted((a, b) => b.cost - a.cost),
    { workers, signal: terminal.interrupted, onEvent: (job, event) => tickers.get(job.name)?.(event) },
  ).finally(() => progress.stop());
  return rows.flatMap(({ name }) => settled.find(({ job }) => job.name === name) ?? []);
}

/** How much a predicted M differs, in one line. */
function spreadLine({ result, learned }: RunReport): string[] {
  const { spread = [] } = learned ?? {};
  if (spread.length === 0) return [];
  const mean = (of: 'positions' | 'images') =>
    spread.reduce((sum, layer) => sum + layer[of], 0) / spread.length;
  const [positions, images] = [formatSmall(mean('positions')), formatSmall(mean('images'))];
  return [
    `M of ${result.name} has a standard deviation of ${positions} over positions and ${images} over images.`,
  ];
}

/** Why a row is not in the table. */
function whyMissing(settled: Settled): string {
  const { name, out } = settled.job;
  if ('error' in settled) return `${name} failed: ${(settled.error as Error | undefined)?.message}`;
  const config = joinPath(out, 'config.json');
  const resume = shellCommand(['npx', 'neusim', 'train', config, '--out', out, '--resume']);
  if ('result' in settled) {
    return `${name} is trained and kept in ${joinPath(out, 'model')}, but was not measured; go on with: ${resume}`;
  }
  if (!settled.aborted) return `${name} was not begun.`;
  const { step, checkpoint } = settled.aborted;
  if (!checkpoint) return `${name} was stopped before its first step.`;
  return `${name} was stopped after step ${step}; go on with: ${resume}`;
}

/** @param signal what left rows out, if any are. */
function exitCodeFor(settled: readonly Settled[], signal: AbortSignal | null): number {
  const failed = settled.find((each) => 'error' in each);
  if (failed && 'error' in failed) return exitCodeOf(failed.error);
  return signal ? (exitCodes[signal.reason] ?? 130) : 0;
}
