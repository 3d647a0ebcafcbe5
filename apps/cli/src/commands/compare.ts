// `neusim compare <preset|config.json …>`: several variants with several seeds on one data set, and one table.

import { splitPart } from '@neusim/models';
import { cores, exists, joinPath, listFolder } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import type { RunReport } from '@neusim/report';
import type { TrainConfigInput } from '@neusim/train';
import { standingOf } from '../compare/finished';
import { type PlannedRun, parseSeeds, parseVary, planRuns, type Source } from '../compare/plan';
import { runJobs, type Settled } from '../demo/pool';
import { makeRegistry } from '../registry';
import { type Examination, examine } from '../run/examine';
import { unlessStopped } from '../run/measure';
import { openData } from '../run/open-data';
import { changeConfig, sourceConfig } from '../run/read-config';
import { comparisonText, resultsTable } from '../run/results-table';
import { stoppedOutcome } from '../run/stopped';
import { ticker } from '../run/ticker';
import { type Job, startEngine } from '../run/train-job';
import { trainWorkerUrl } from '../run/worker-url';
import { writeResults } from '../run/write-results';
import { createProgress } from '../terminal/progress';
import { errorText, exitCodeOf } from '../terminal/report-error';
import { shellCommand } from '../terminal/shell-command';
import type { Outcome, Terminal } from '../terminal/terminal';

export interface CompareOptions {
  readonly seeds: string;
  readonly set?: readonly string[];
  readonly vary?: readonly string[];
  readonly dataset?: string;
  readonly data?: string;
  readonly out: string;
  readonly resume?: true;
  readonly backend?: string;
  readonly workers?: number;
  readonly jobs?: number;
}

/**
 * Each run has its folder, NAME/seed-N, and is finished in it whatever becomes of the others.
 * @throws NeusimError CLI_OUT_TAKEN, CLI_COMPARE_OTHER, and what `planRuns` and opening the data set throw
 */
export async function compare(
  terminal: Terminal,
  named: readonly string[],
  options: CompareOptions,
): Promise<Outcome> {
  const started = performance.now();
  const { out, data, resume = false, workers } = options;
  const jobs = options.jobs ?? (workers === undefined && cores() > 1 ? 2 : 1);
  const sources = await Promise.all(named.map((each) => sourceOf(each, options)));
  const plan = planRuns(sources, (options.vary ?? []).map(parseVary), parseSeeds(options.seeds), out);
  if (!resume) await requireFree(out);
  const standing = await Promise.all(plan.map(standingOf));
  const registry = makeRegistry();
  const folder = data ?? terminal.env.NEUSIM_DATA;
  const dataset = await openData(terminal, (plan[0] as PlannedRun).config, { registry, folder });
  const engine = await startEngine(options.backend ?? 'auto');
  const variants = new Set(plan.map(({ name }) => name)).size;
  const finished = standing.filter(({ report }) => report).length;
  terminal.err(
    `${variants} variants × ${plan.length / variants} seeds on ${dataset.name}${finished > 0 ? `, ${finished} of ${plan.length} finished before` : ''}, engine ${engine.name} (${engine.adapter}), ${jobs} at a time, in ${out}`,
  );

  const signal = terminal.interrupted;
  const wanted = plan.flatMap((run, index): Job[] => {
    const found = standing[index];
    if (!found || found.report) return [];
    const { name, config, seed, out: at } = run;
    const job = { name: `${name} seed ${seed}`, config: config as TrainConfigInput, out: at, folder };
    return [{ ...job, backend: engine.name, resume: found.isBegun }];
  });
  const settled = await trainAll(terminal, wanted, { jobs, dataset });
  // A Ctrl-C that stopped the training keeps what is finished: its figures are still wanted.
  const stopMeasuring = signal.aborted ? new AbortController().signal : signal;
  const examination: Examination = { terminal, registry, dataset, signal: stopMeasuring };
  const reports = new Map<string, RunReport>();
  const missing: string[] = [];
  for (const [index, run] of plan.entries()) {
    const found = standing[index]?.report ?? null;
    const end = settled.find(({ job }) => job.out === run.out);
    const report = found ?? (end && 'result' in end ? await finish(examination, run, end, engine) : null);
    if (report) reports.set(run.out, report);
    else missing.push(whyMissing(run, end));
  }
  for (const text of new Set(
    settled.flatMap((each) => ('error' in each ? [errorText(each.error, false)] : [])),
  ))
    terminal.err(text);

  const again = commandOf(named, options);
  const failed = settled.find((each) => 'error' in each);
  const resumeCommand = missing.length > 0 ? `${again} --resume` : null;
  if (reports.size === 0) {
    const text = missing.join('\n');
    if (failed && 'error' in failed) return { json: { missing }, text, exitCode: exitCodeOf(failed.error) };
    return stoppedOutcome(signal, text, { resume: resumeCommand, missing });
  }
  const runs = plan.flatMap((run) => reports.get(run.out) ?? []);
  const { results, resultsPath, reportPath } = await writeResults(out, {
    title: `${variants === 1 ? (plan[0] as PlannedRun).name : `${variants} variants`} on ${dataset.name}`,
    summary: `${[...new Set(plan.map(({ name }) => name))].join(', ')}; ${plan.length / variants} seeds each.`,
    seed: (plan[0] as PlannedRun).seed,
    engine,
    dataset,
    runs: runs.map((run, index) => (isFirst(runs, index) ? run : slim(run))),
    missing,
    seconds: finished > 0 ? null : (performance.now() - started) / 1000,
    command: again,
  });
  const text = [
    `\n${resultsTable(results.rows)}`,
    ...(results.comparison ? [comparisonText(results.comparison)] : []),
    [...missing, `Report: ${reportPath}`, `Results: ${resultsPath}`].join('\n'),
  ].join('\n\n');
  const json = { ...results, missing };
  if (missing.length === 0) return { json, text };
  if (failed && 'error' in failed) return { json, text, exitCode: exitCodeOf(failed.error) };
  return stoppedOutcome(signal, text, { ...json, resume: resumeCommand });
}

/** A preset or a config file, with the command line's changes; called by its own name, else by its model's. */
async function sourceOf(named: string, { set, dataset, workers }: CompareOptions): Promise<Source> {
  const changes = {
    ...(set && { set }),
    ...(dataset !== undefined && { dataset }),
    ...(workers && { workers }),
  };
  const config = changeConfig(await sourceConfig(named), changes);
  const { name, model } = config as TrainConfigInput;
  return { config, name: name ?? splitPart(model).name };
}

async function requireFree(out: string): Promise<void> {
  const names = (await exists(out)) ? await listFolder(out).catch(() => ['']) : [];
  if (names.length === 0) return;
  throw new NeusimError('CLI_OUT_TAKEN', `${out} is not empty`, {
    data: { out },
    hint: 'go on with its runs by --resume, or give another folder with --out',
  });
}

async function trainAll(
  terminal: Terminal,
  wanted: readonly Job[],
  { jobs, dataset }: { readonly jobs: number; readonly dataset: Examination['dataset'] },
): Promise<Settled[]> {
  const progress = createProgress(
    terminal,
    wanted.map(({ name }) => name),
  );
  const tickers = new Map(wanted.map(({ name }) => [name, ticker(name, progress)]));
  return runJobs(wanted, {
    workers: jobs,
    signal: terminal.interrupted,
    onEvent: (job, event) => tickers.get(job.name)?.(event),
    here: { dataset, workers: { url: trainWorkerUrl } },
  }).finally(() => progress.stop());
}

/** Measures a trained run and writes its own report; null where Ctrl-C came between. */
async function finish(
  examination: Examination,
  { name, out, seed }: PlannedRun,
  end: Extract<Settled, { result: unknown }>,
  engine: { readonly name: string; readonly adapter: string },
): Promise<RunReport | null> {
  const started = performance.now();
  const report = await unlessStopped(examination.signal, () => examine(examination, end.result, out));
  if (!report) return null;
  await writeResults(out, {
    title: `${name} on ${examination.dataset.name}`,
    summary: `${end.result.steps.toLocaleString('en-US')} steps, seed ${seed}.`,
    seed,
    engine,
    dataset: examination.dataset,
    runs: [report],
    missing: [],
    seconds: (performance.now() - started) / 1000,
    command: shellCommand(['npx', 'neusim', 'train', joinPath(out, 'config.json'), '--out', `${out}-again`]),
  });
  return report;
}

/** Pictures of one seed of each variant are enough: each run has its own report too. */
const isFirst = (runs: readonly RunReport[], index: number) =>
  runs.findIndex(({ result }) => result.name === runs[index]?.result.name) === index;

const slim = ({ evaluation, ...run }: RunReport): RunReport => ({
  ...run,
  learned: null,
  evaluation: evaluation && { ...evaluation, mistakes: [] },
});

function whyMissing({ name, seed }: PlannedRun, end: Settled | undefined): string {
  const run = `${name} seed ${seed}`;
  if (!end) return `${run} was not begun.`;
  if ('error' in end) return `${run} failed: ${(end.error as Error | undefined)?.message}`;
  if ('result' in end) return `${run} is trained, but was not measured.`;
  if (!end.aborted) return `${run} was not begun.`;
  return end.aborted.checkpoint
    ? `${run} was stopped after step ${end.aborted.step}.`
    : `${run} was stopped before its first step.`;
}

function commandOf(named: readonly string[], options: CompareOptions): string {
  const { seeds, set = [], vary = [], out, dataset, data, backend, workers, jobs } = options;
  const given = Object.entries({ seeds, dataset, data, backend, workers, jobs, out });
  return shellCommand([
    'npx',
    'neusim',
    'compare',
    ...named,
    ...set.flatMap((each) => ['--set', each]),
    ...vary.flatMap((each) => ['--vary', each]),
    ...given.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)])),
  ]);
}
