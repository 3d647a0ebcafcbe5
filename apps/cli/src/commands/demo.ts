// `neusim demo`: a plain, a static and a dynamic network trained on real digits, and compared.

import { rm } from 'node:fs/promises';
import { cores, joinPath } from '@neusim/platform';
import { parseConfig } from '@neusim/train';
import { runJobs, type Settled } from '../demo/pool';
import { demoRows } from '../demo/rows';
import { makeRegistry } from '../registry';
import { formatSmall } from '../report/colors';
import { resultsTable } from '../run/columns';
import { examine } from '../run/examine';
import { openDataset } from '../run/open-dataset';
import type { RunReport } from '../run/run-report';
import { ticker } from '../run/ticker';
import { startEngine } from '../run/train-job';
import { writeResults } from '../run/write-results';
import { exitCodes } from '../terminal/exit-codes';
import { createProgress } from '../terminal/progress';
import { errorText, exitCodeOf } from '../terminal/report-error';
import type { Outcome, Terminal } from '../terminal/terminal';

export interface DemoOptions {
  readonly seed: number;
  readonly out: string;
  readonly quick?: true;
  readonly workers?: number;
}

/** Rows that fail, or that Ctrl-C stops, are left out: those that finished are kept. */
export async function demo(terminal: Terminal, options: DemoOptions): Promise<Outcome> {
  const started = performance.now();
  const { seed, out, quick = false, workers = cores() > 1 ? 2 : 1 } = options;
  const rows = demoRows(seed, quick);
  const names = rows.map(({ name }) => name);
  const engine = await startEngine('wasm');
  const registry = makeRegistry();
  const dataset = await openDataset(registry, parseConfig(rows[0]?.config), undefined);
  terminal.err(
    `Training ${names.join(', ')} on ${dataset.train.count} ${dataset.name}, engine ${engine.name} (${engine.adapter}), seed ${seed}, ${workers} at a time.`,
  );

  const jobs = [...rows]
    .sort((a, b) => b.cost - a.cost)
    .map(({ name, config }) => ({ name, config, out: joinPath(out, name), backend: 'wasm' }));
  // What an earlier demo left; anything else in the folder stays.
  for (const job of jobs) await rm(joinPath(job.out, 'checkpoints'), { recursive: true, force: true });

  const progress = createProgress(terminal, names);
  const tickers = new Map(names.map((name) => [name, ticker(name, progress)]));
  const signal = terminal.interrupted;
  const settled = await runJobs(jobs, {
    workers,
    signal,
    onEvent: (job, event) => tickers.get(job.name)?.(event),
  }).finally(() => progress.stop());
  const inOrder = names.flatMap((name) => settled.find(({ job }) => job.name === name) ?? []);

  const runs: RunReport[] = [];
  if (inOrder.some((each) => 'result' in each)) terminal.err('Measuring the trained networks …');
  for (const each of inOrder) {
    if ('result' in each) runs.push(await examine(registry, dataset, each.result, each.job.out));
  }
  const missing = inOrder.flatMap((each) => whyMissing(each) ?? []);
  const { results, resultsPath, reportPath } = await writeResults(out, {
    title: 'Neural similarity on digits',
    summary:
      'One small network three times: comparing kernel and patch by the inner product, by a learned matrix M, and by an M predicted from the image at every position.',
    seed,
    engine,
    dataset,
    runs,
    missing,
    seconds: (performance.now() - started) / 1000,
    command: `neusim demo --seed ${seed}${quick ? ' --quick' : ''}`,
  });
  for (const each of inOrder) if ('error' in each) terminal.err(errorText(each.error, false));
  const lines = [
    ...(runs.length > 0 ? ['', resultsTable(results.rows), ''] : []),
    ...runs.flatMap(spreadLine),
    ...missing,
    `Report: ${reportPath}`,
    `Results: ${resultsPath}`,
    `${Math.round((performance.now() - started) / 1000)} s in all.`,
  ];
  return { json: results, text: lines.join('\n'), exitCode: exitCode(inOrder, signal) };
}

/** How much a predicted M differs, in one line. */
function spreadLine({ result, learned: { spread } }: RunReport): string[] {
  if (spread.length === 0) return [];
  const mean = (of: 'positions' | 'images') =>
    spread.reduce((sum, layer) => sum + layer[of], 0) / spread.length;
  const [positions, images] = [formatSmall(mean('positions')), formatSmall(mean('images'))];
  return [
    `M of ${result.name} has a standard deviation of ${positions} over positions and ${images} over images.`,
  ];
}

function whyMissing(settled: Settled): string | null {
  const { name, out } = settled.job;
  if ('error' in settled) return `${name} failed: ${(settled.error as Error | undefined)?.message}`;
  if (!('aborted' in settled)) return null;
  const { step, checkpoint } = settled.aborted;
  if (!checkpoint) return `${name} was not begun.`;
  return `${name} was stopped after step ${step}; go on with: neusim train ${joinPath(out, 'config.json')} --out ${out} --resume`;
}

function exitCode(settled: readonly Settled[], signal: AbortSignal): number {
  const failed = settled.find((each) => 'error' in each);
  if (failed && 'error' in failed) return exitCodeOf(failed.error);
  const stopped = settled.some((each) => 'aborted' in each);
  return stopped ? (exitCodes[signal.reason] ?? 130) : 0;
}
