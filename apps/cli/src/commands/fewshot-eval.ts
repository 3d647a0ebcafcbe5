// `neusim fewshot eval [run]`: a run's network, or a method with a network, tested on episodes.

import { type EpisodeEvaluation, evaluateRuns, type RunsEvaluation } from '@neusim/fewshot';
import { joinPath } from '@neusim/platform';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import { type OpenPlugins, openPlugins } from '../plugins/open-plugins';
import type { NamedData, openPool, PartChoice, PartName } from '../run/few-shot-data';
import { figuresOf, testText, writeTests } from '../run/few-shot-figures';
import { dataName, reportName } from '../run/few-shot-files';
import { askedOf, type FormOptions } from '../run/few-shot-form';
import { openMethod } from '../run/few-shot-method';
import { requireMethod, requireRun } from '../run/few-shot-names';
import { openRun } from '../run/few-shot-run';
import type { Subject } from '../run/few-shot-subject';
import { configOf, runOf } from '../run/find-model';
import { hearWarnings } from '../run/hear-warnings';
import { unlessStopped } from '../run/measure';
import { pluginsIn } from '../run/read-config';
import { stoppedOutcome } from '../run/stopped';
import { testSubject, withThreads } from '../run/test-subject';
import { startEngine } from '../run/train-job';
import { shellCommand } from '../terminal/shell-command';
import type { Outcome, Terminal } from '../terminal/terminal';

/** What all tests on episodes are asked. */
export interface TestOptions extends FormOptions {
  readonly backbone?: string;
  readonly layer?: string;
  readonly base?: string;
  readonly data?: string;
  readonly dataset?: string;
  readonly split?: PartName;
  readonly set?: readonly string[];
  readonly backend?: string;
  readonly precision?: string;
  readonly jobs?: number;
  readonly out?: string;
  readonly plugin?: readonly string[];
}

export interface EvalOptions extends TestOptions {
  readonly method?: string;
  readonly runs?: true;
  /** Of a comparison with runs: the data of the first, and what chooses the part for all. */
  readonly named?: NamedData | undefined;
  readonly choose?: PartChoice | undefined;
  /** Of a comparison: opens the data once for all. */
  readonly open?: typeof openPool | undefined;
}

/**
 * @param run folder of a run of `neusim fewshot train`; without it `options.method` says what is tested.
 * @param typed names of the options that were not left to their defaults.
 * @throws NeusimError CLI_USAGE, and what opening the run, the network and the data, and testing throw
 */
export async function evalFewShot(
  terminal: Terminal,
  run: string | undefined,
  options: EvalOptions,
  typed: readonly string[] = [],
): Promise<Outcome> {
  if ((run === undefined) === (options.method === undefined))
    throw new NeusimError(
      'CLI_USAGE',
      run === undefined ? 'nothing is named to test' : 'a run has its method',
      {
        data: { run, method: options.method },
        hint: 'name the folder of a run, or --method NAME with --data FOLDER; --backbone FOLDER names a network of your own',
      },
    );
  const started = performance.now();
  const { registry, urls } = await openRegistryFor(terminal, run === undefined ? [] : [run], options);
  const word = run ?? (options.method as string);
  if (run === undefined) requireMethod(registry, word);
  else await requireRun(registry, run);
  const engine = await startFor(registry, options);
  const heard = hearWarnings(terminal);
  const subject = await openSubject(heard.terminal, registry, word, run !== undefined, options);
  try {
    const { signal, ...told } = { signal: terminal.interrupted, name: subject.name };
    terminal.err(
      `Testing ${told.name} on ${dataName(subject)}, ${subject.part} classes, engine ${engine.name} (${engine.adapter})`,
    );
    if (options.base !== undefined && !subject.usesBase)
      terminal.err(`Note: ${subject.name} learns nothing of base classes; it is the same without --base.`);
    const idle = options.runs ? typed.filter((name) => FIXED_BY_RUNS.includes(name)) : [];
    if (idle.length > 0)
      terminal.err(
        `Note: the official runs fix their classes and images: ${listed(idle)} ${idle.length === 1 ? 'changes' : 'change'} nothing.`,
      );
    const evaluation = await unlessStopped(signal, () => test(terminal, subject, options, urls));
    if (!evaluation) return stoppedOutcome(signal, 'Stopped; of a test that is not whole nothing is kept.');
    const { warnings } = heard;
    const seed = options.runs ? null : options.seed;
    const figures = figuresOf(subject, evaluation, { backend: engine.name, seed, warnings });
    const out = options.out ?? (run && runOf(run)) ?? joinPath('runs', `fewshot-${subject.name}`);
    const words = [...(run ? [run] : []), ...wordsOf(terminal, options)];
    const json = { ...figures, command: shellCommand(['npx', 'neusim', 'fewshot', 'eval', ...words]) };
    const written = await writeTests(out, options.runs ? 'official-runs' : reportName(figures), {
      title: `${subject.name} on ${dataName(subject)}`,
      json,
      tests: [figures],
      pairs: [],
      engine,
      seconds: (performance.now() - started) / 1000,
    });
    return {
      json: { ...json, files: written },
      text: `${testText(figures)}\n\nReport: ${written.page}\nFigures: ${written.json}`,
    };
  } finally {
    await subject.close();
  }
}

export const startFor = (registry: AnyRegistry, { backend, precision }: TestOptions) =>
  startEngine(backend ?? (precision ? 'wasm' : 'auto'), precision ? { precision } : undefined, registry);

/** @param word a run's folder; else a method's name. */
export function openSubject(
  terminal: Terminal,
  registry: AnyRegistry,
  word: string,
  isRun: boolean,
  { split: part, ...rest }: EvalOptions,
): Promise<Subject> {
  const open = isRun ? openRun : openMethod;
  return open(terminal, registry, word, { ...rest, part });
}

/** The registry with the plug-ins of runs, where there are any, and of --plugin. */
export async function openRegistryFor(
  terminal: Terminal,
  runs: readonly string[],
  { plugin }: TestOptions,
): Promise<OpenPlugins> {
  const named: string[] = [];
  for (const run of runs.flatMap((path) => runOf(path) ?? []))
    for (const specifier of pluginsIn((await configOf(run)) ?? {}))
      named.push(/^\.\.?[\\/]/.test(specifier) ? joinPath(run, specifier) : specifier);
  return openPlugins(terminal, { config: named.map(fromHere), options: plugin });
}

/** A path that begins at the working directory is one only with ./ before it. */
const fromHere = (path: string) =>
  /[\\/]/.test(path) && !/^([@/.]|[a-z]:)/i.test(path) ? `./${path}` : path;

async function test(
  terminal: Terminal,
  subject: Subject,
  options: EvalOptions,
  plugins: readonly string[],
): Promise<EpisodeEvaluation | RunsEvaluation> {
  const { learner, pool, runs, reading } = subject;
  const threads = { jobs: options.jobs, plugins };
  if (!runs) return testSubject(terminal, subject, { ...askedOf(terminal, pool, options), ...threads });
  const form = { way: runs[0]!.classes.length, shot: 1, query: 1, seed: options.seed };
  return withThreads(terminal, subject, { ...form, ...threads, episodes: runs.length }, (more) =>
    evaluateRuns(learner, pool, runs, { seed: options.seed, ...reading, ...more }),
  );
}

/** What official runs leave no choice of. */
const FIXED_BY_RUNS: readonly string[] = [
  'way',
  'shot',
  'query',
  'episodes',
  'split',
  'minImages',
  'withinGroup',
];

/** A name as it is typed: `--min-images`. */
const optionOf = (name: string) => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

const listed = (names: readonly string[]) => names.map(optionOf).join(', ');

/** What the figures depend on, as one types it: in one order, whatever the order in which it was typed. */
export function wordsOf({ env }: Terminal, options: EvalOptions): string[] {
  const {
    set = [],
    plugin = [],
    data = env.NEUSIM_DATA,
    out: _,
    jobs: __,
    json: ___,
    debug: ____,
    ...rest
  } = options as EvalOptions & {
    json?: true;
    debug?: true;
  };
  const words = Object.entries({ ...rest, data })
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, value]) => {
      if (value === undefined || value === '') return [];
      if (rest.runs && FIXED_BY_RUNS.includes(name)) return [];
      return value === true ? [optionOf(name)] : [optionOf(name), String(value)];
    });
  return [
    ...words,
    ...set.flatMap((each) => ['--set', each]),
    ...plugin.flatMap((each) => ['--plugin', each]),
  ];
}
