// `neusim compare <preset|config.json …>`: several variants with several seeds on one data set, and one table.

import type { Dataset } from '@neusim/datasets';
import { splitPart } from '@neusim/models';
import { cores, exists, joinPath, listFolder } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import type { RunReport } from '@neusim/report';
import type { TrainConfigInput } from '@neusim/train';
import { everyPart } from '../compare/every-part';
import { type Standing, standingOf } from '../compare/finished';
import { type PlannedRun, parseSeeds, parseVary, planRuns } from '../compare/plan';
import { runJobs, type Settled } from '../demo/pool';
import { type OpenPlugins, openPlugins } from '../plugins/open-plugins';
import { resolvePlugin } from '../plugins/resolve-plugin';
import { type Examination, examine } from '../run/examine';
import { unlessStopped } from '../run/measure';
import { openData } from '../run/open-data';
import { changeConfig, folderOf, pluginsIn, sourceConfig } from '../run/read-config';
import { comparisonText, resultsTable } from '../run/results-table';
import { stoppedOutcome } from '../run/stopped';
import { ticker } from '../run/ticker';
import { trainCommand } from '../run/train-command';
import { type Job, startEngine } from '../run/train-job';
import { trainWorkerUrl } from '../run/worker-url';
import { writeResults } from '../run/write-results';
import { checkSettings } from '../settings/check';
import { createProgress } from '../terminal/progress';
import { errorText, exitCodeOf } from '../terminal/report-error';
import { shellCommand } from '../terminal/shell-command';
import type { Outcome, Terminal } from '../terminal/terminal';

/** What `--all` varies where nothing is named. */
const FOR_ALL = 'nsn-digits';

export interface CompareOptions {
  readonly seeds: string;
  readonly all?: true;
  readonly set?: readonly string[];
  readonly vary?: readonly string[];
  readonly dataset?: string;
  readonly data?: string;
  readonly out: string;
  readonly resume?: true;
  readonly backend?: string;
  readonly workers?: number;
  readonly jobs?: number;
  readonly plugin?: readonly string[];
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
  const { out, resume = false, jobs = 1, workers = 1 } = options;
  if (jobs > 1 && workers > 1)
    throw new NeusimError('CLI_USAGE', `--jobs ${jobs} and --workers ${workers}: one of them is 1`, {
      data: { jobs, workers },
      hint: '--jobs N trains N networks at a time, a thread each; --workers N one at a time on N threads',
    });
  const given = await Promise.all(sourcesNamed(named, options).map((each) => sourceOf(each, options)));
  const plugins = given.flatMap((source) => source.plugins);
  const opened = await openPlugins(terminal, { config: plugins, options: options.plugin });
  for (const { config } of given) checkSettings(opened.registry, config);
  const sources = options.all ? given.flatMap((source) => everyPart(opened.registry, source)) : given;
  const variations = (options.vary ?? []).map(parseVary);
  const plan = planRuns(sources, variations, parseSeeds(options.seeds), out).map((run) => ({
    ...run,
    config: { ...run.config, plugins: opened.specifiersFrom(run.out) },
  }));
  if (!resume) await requireFree(out);
  const standing = await Promise.all(plan.map(standingOf));
  const folder = options.data ?? terminal.env.NEUSIM_DATA;
  const { registry } = opened;
  const dataset = await openData(terminal, (plan[0] as PlannedRun).config, { registry, folder });
  try {
    return await compareOn(dataset, { terminal, named, options, opened, plan, standing, folder });
  } finally {
    await dataset.close?.();
  }
}

interface Work {
  readonly terminal: Terminal;
  readonly named: readonly string[];
  readonly options: CompareOptions;
  readonly opened: OpenPlugins;
  readonly plan: readonly PlannedRun[];
  /** Of each run of the plan. */
  readonly standing: readonly Standing[];
  readonly folder: string | undefined;
}

async function compareOn(dataset: Dataset, work: Work): Promise<Outcome> {
  const started = performance.now();
  const { terminal, named, options, plan, standing, folder } = work;
  const { registry, urls } = work.opened;
  const { out, workers } = options;
  const jobs = options.jobs ?? (workers === undefined && cores() > 1 ? 2 : 1);
  const engine = await startEngine(options.backend ?? 'auto', undefined, registry);
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
    return [{ ...job, plugins: urls, backend: engine.name, resume: found.isBegun }];
  });
  const settled = await trainAll(terminal, wanted, { jobs, dataset, urls });
  // A Ctrl-C that stopped the training keeps what is finished: its figures are still wanted.
  const stopMeasuring = signal.aborted ? new AbortController().signal : signal;
  const examination: Examination = {
    terminal,
    registry,
    plugins: urls,
    dataset,
    signal: stopMeasuring,
  };
  const reports = new Map<string, RunReport>();
  const missing: string[] = [];
  for (const [index, run] of plan.entries()) {
    const found = standing[index]?.report ?? null;
    const end = settled.find(({ job }) => job.out === run.out);
    const report =
      found ?? (end && 'result' in end ? await finish(examination, run, end, engine, options) : null);
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
async function sourceOf(named: string, options: CompareOptions) {
  const config = changeConfig(await sourceConfig(named), options);
  const { name, model } = config as TrainConfigInput;
  // By their paths: configs lie in folders of their own.
  const plugins = pluginsIn(config).map((each) => resolvePlugin(each, folderOf(named)).path);
  return { config, name: name ?? splitPart(model).name, plugins };
}

/** @throws NeusimError CLI_USAGE for no config, or for `--all` with more than one. */
function sourcesNamed(named: readonly string[], { all }: CompareOptions): readonly string[] {
  if (all && named.length === 0) return [FOR_ALL];
  if (all ? named.length === 1 : named.length > 0) return named;
  throw new NeusimError(
    'CLI_USAGE',
    all
      ? `--all varies one config, not ${named.length}`
      : 'what shall be compared? No preset or config is named',
    { data: { named }, hint: 'neusim compare cnn-digits nsn-digits, or neusim compare --all' },
  );
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
  {
    jobs,
    dataset,
    urls,
  }: { readonly jobs: number; readonly dataset: Dataset; readonly urls: readonly string[] },
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
    here: { dataset, workers: { url: trainWorkerUrl, data: urls } },
  }).finally(() => progress.stop());
}

/** Measures a trained run and writes its own report; null where Ctrl-C came between. */
async function finish(
  examination: Examination,
  { name, out, seed }: PlannedRun,
  end: Extract<Settled, { result: unknown }>,
  engine: { readonly name: string; readonly adapter: string },
  { data, backend }: CompareOptions,
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
    command: trainCommand(joinPath(out, 'config.json'), `${out}-again`, { data, backend }),
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
  const {
    seeds,
    all,
    set = [],
    vary = [],
    plugin = [],
    out,
    dataset,
    data,
    backend,
    workers,
    jobs,
  } = options;
  const given = Object.entries({ seeds, dataset, data, backend, workers, jobs, out });
  return shellCommand([
    'npx',
    'neusim',
    'compare',
    ...named,
    ...(all ? ['--all'] : []),
    ...set.flatMap((each) => ['--set', each]),
    ...vary.flatMap((each) => ['--vary', each]),
    ...plugin.flatMap((each) => ['--plugin', each]),
    ...given.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)])),
  ]);
}
