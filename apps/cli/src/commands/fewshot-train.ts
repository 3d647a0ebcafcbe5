// `neusim fewshot train <preset|method|config.json>`: one learner, from a config to its accuracy on classes that it has not seen.

import type { FewShotDataset } from '@neusim/datasets';
import {
  type EpisodeEvaluation,
  evaluateEpisodes,
  type FewShotConfig,
  type FewShotConfigInput,
  type FewShotRun,
  fewShotPresets,
  openFewShotDataset,
  openFewShotRun,
  parseFewShotConfig,
  requireRunEpisodes,
  trainFewShot,
} from '@neusim/fewshot';
import { disposeModel, splitPart } from '@neusim/models';
import { joinPath } from '@neusim/platform';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import { createPool, type Pool, type TrainResult } from '@neusim/train';
import { openPlugins } from '../plugins/open-plugins';
import { nameData } from '../run/few-shot-data';
import { figuresOf, type TestFigures, testText, writeTests } from '../run/few-shot-figures';
import { dataName, reportName } from '../run/few-shot-files';
import { requireLearner, requireNames } from '../run/few-shot-names';
import { hearWarnings } from '../run/hear-warnings';
import { unlessStopped } from '../run/measure';
import { requirePath } from '../run/nearest-folder';
import { openingTicks } from '../run/open-data';
import { type ConfigOptions, changeConfig, folderOf, pluginsIn, sourceConfig } from '../run/read-config';
import { openSinks } from '../run/sinks';
import { stoppedOutcome } from '../run/stopped';
import { ticker } from '../run/ticker';
import { trainCommand } from '../run/train-command';
import { startEngine } from '../run/train-job';
import { trainWorkerUrl } from '../run/worker-url';
import { checkSettings } from '../settings/check';
import { createProgress } from '../terminal/progress';
import { shellCommand } from '../terminal/shell-command';
import type { Outcome, Terminal } from '../terminal/terminal';
import { requireFree } from './train';

export interface TrainOptions extends Omit<ConfigOptions, 'workers'> {
  readonly data?: string;
  readonly out?: string;
  readonly resume?: true;
  readonly backend?: string;
  readonly precision?: string;
  readonly tensorboard?: string | true;
  /** Threads that test. */
  readonly workers?: number;
}

/**
 * @param source the path of a config, or the name of a preset or a method.
 * @throws NeusimError what reading the config, the data and training throw
 */
export async function trainFew(terminal: Terminal, source: string, options: TrainOptions): Promise<Outcome> {
  const started = performance.now();
  const json = changeConfig(await startOf(source), { ...options, workers: undefined });
  const opened = await openPlugins(terminal, {
    config: pluginsIn(json),
    folder: folderOf(source),
    options: options.plugin,
  });
  const { registry, urls } = opened;
  if (!isPath(source)) requireLearner(registry, source);
  requireNames(registry, json);
  const { spec, folder } = await dataOf(terminal, registry, json, options);
  const whole = { ...json, dataset: spec };
  checkSettings(registry, whole);
  const given = parseFewShotConfig(whole);
  const name = given.name ?? splitPart(given.method).name;
  const { out = joinPath('runs', name) } = options;
  if (!options.resume) await requireFree(out, ['result.json']);
  const config: FewShotConfig = { ...given, plugins: opened.specifiersFrom(out) };
  const heard = hearWarnings(terminal);
  const { open, stop } = openingTicks(heard.terminal);
  const dataset = await openFewShotDataset(config, { registry, folder, open }).finally(stop);
  const data = { dataset: dataset.name, folder, part: 'test' as const };
  const { way, shot } = given.evaluation;
  const base = reportName({ ...data, way, shot });
  let pool: Pool | undefined;
  try {
    if (!options.resume) await requireFree(out, [`${base}.json`]);
    // Else it would be told after hours of training.
    const parts = [...new Set([config.evaluation.pool, 'test'] as const)];
    await requireRunEpisodes(config, dataset, { registry, tested: parts, onWarning: open.onWarning });
    const { precision, backend = precision ? 'wasm' : 'auto', workers = 1 } = options;
    const sinks = await openSinks(out, options);
    const engine = await startEngine(backend, precision ? { precision } : undefined, registry);
    if (workers > 1) pool = await createPool({ url: trainWorkerUrl, size: workers, data: urls });
    terminal.err(
      `${name} on ${dataName(data)}, engine ${engine.name} (${engine.adapter}), seed ${config.seed}, in ${out}`,
    );
    const signal = terminal.interrupted;
    // The mean and deviation of the training images may take a while.
    const measuring = openingTicks(terminal);
    const { resume: isResumed = false } = options;
    const context = {
      registry,
      folder,
      dataset,
      out,
      sinks,
      signal,
      pool,
      // What there is to warn of was told above.
      open: { ...measuring.open, onWarning: undefined },
      resume: isResumed,
    };
    const resume = trainCommand(
      joinPath(out, 'config.json'),
      out,
      options,
      ['--resume'],
      ['fewshot', 'train'],
    );
    const ended = await follow(trainFewShot(config, context), name, terminal, measuring.stop);
    if ('type' in ended) {
      const { step, checkpoint } = ended;
      const text = checkpoint
        ? `Stopped after step ${step}; the checkpoint is ${checkpoint}.`
        : 'Stopped before the first step: there is nothing to go on from.';
      return stoppedOutcome(signal, text, { step, checkpoint, resume: checkpoint && resume });
    }
    const tested = await unlessStopped(signal, () => test(terminal, registry, out, dataset, pool));
    if (!tested)
      return stoppedOutcome(
        signal,
        `Stopped while testing. What was trained is kept: npx neusim fewshot eval ${out} tests it.`,
      );
    return await tell(ended, tested, {
      ...{ name, out, config, data, base, engine, options, started },
      warnings: heard.warnings,
    });
  } finally {
    await pool?.close();
    await dataset.close?.();
  }
}

/** A config's file, a preset, or a method's name, which leaves all but its data and steps to defaults. */
async function startOf(source: string): Promise<object> {
  if (isPath(source)) return sourceConfig(source);
  const preset = fewShotPresets.find(({ name }) => name === source);
  // The network is that of a config that names none: said, so that --set backbone.similarity reaches it. Bytes as they are would
  // make activations of some hundreds.
  return preset?.config ?? { method: source, backbone: 'cnn-4', normalize: 'unit' };
}

const isPath = (source: string) => /[\\/]|\.json$/.test(source);

/** The data set that the config names, or the one that lies in `--data`. */
async function dataOf(
  terminal: Terminal,
  registry: AnyRegistry,
  { dataset }: Readonly<Record<string, unknown>>,
  { data }: TrainOptions,
): Promise<{ readonly spec: FewShotConfigInput['dataset']; readonly folder: string | undefined }> {
  const isNamed = typeof dataset === 'string' || typeof Object(dataset).name === 'string';
  if (isNamed) {
    await requirePath(data);
    return { spec: dataset as string, folder: data ?? terminal.env.NEUSIM_DATA };
  }
  const { name, options, folder } = await nameData(terminal, registry, { data });
  return { spec: { ...options, ...Object(dataset), name }, folder };
}

/** Reads the run to its end, its progress shown. @param onStart called once it has begun, or cannot. */
async function follow(run: FewShotRun, name: string, terminal: Terminal, onStart: () => void) {
  const progress = createProgress(terminal, [name]);
  const onEvent = ticker(name, progress);
  let isStarted = false;
  try {
    for await (const event of run) {
      if (!isStarted) onStart();
      isStarted = true;
      onEvent(event);
      if (event.type === 'end') return event.result;
      if (event.type === 'aborted') return event;
    }
  } finally {
    if (!isStarted) onStart();
    progress.stop();
  }
  throw new NeusimError('CLI_RUN_ENDED', `the run ${name} ended without a result`, { data: { job: name } });
}

/** The learner as the run keeps it, on the classes to test on. */
async function test(
  terminal: Terminal,
  registry: AnyRegistry,
  out: string,
  dataset: FewShotDataset,
  pool: Pool | undefined,
): Promise<EpisodeEvaluation> {
  const { learner, recipe, config } = await openFewShotRun(out, { registry });
  const progress = createProgress(terminal, ['test classes']);
  const { every: _, pool: __, ...form } = config.evaluation;
  try {
    return await evaluateEpisodes(learner, dataset.test, {
      ...form,
      transform: config.transform,
      normalize: config.normalize,
      workers: pool && { pool, recipe },
      signal: terminal.interrupted,
      onProgress: ({ phase, done, total }) =>
        progress.update('test classes', { step: done, steps: total, text: phase, isLast: done === total }),
    });
  } finally {
    progress.stop();
    disposeModel(learner.model);
  }
}

interface Trained {
  readonly name: string;
  readonly out: string;
  readonly config: FewShotConfig;
  readonly data: Pick<TestFigures, 'dataset' | 'part'> & { readonly folder: string | undefined };
  /** Name of the report's files. */
  readonly base: string;
  readonly engine: { readonly name: string; readonly adapter: string };
  readonly options: TrainOptions;
  readonly started: number;
  readonly warnings: readonly string[];
}

async function tell(
  { steps, bestStep, testError, interval }: TrainResult<FewShotConfig>,
  tested: EpisodeEvaluation,
  { name, out, config, data, base, engine, options, started, warnings }: Trained,
): Promise<Outcome> {
  const facts = [
    ['method', splitPart(config.method).name],
    ['steps', String(bestStep ?? steps)],
  ] as const;
  const figures = figuresOf({ ...data, name, facts }, tested, {
    backend: engine.name,
    seed: config.evaluation.seed,
    warnings,
  });
  const { pool } = config.evaluation;
  const last = { accuracy: 100 - testError, interval: interval ?? null, pool };
  const again = [joinPath(out, 'config.json'), `${out}-again`] as const;
  const json = {
    ...figures,
    run: out,
    steps,
    bestStep: bestStep ?? null,
    evaluation: last,
    command: trainCommand(...again, options, [], ['fewshot', 'train']),
  };
  const written = await writeTests(out, base, {
    title: `${name} on ${dataName(data)}`,
    json,
    tests: [figures],
    pairs: [],
    engine,
    seconds: (performance.now() - started) / 1000,
  });
  const { way, shot } = config.evaluation;
  const other = shellCommand([
    ...['npx', 'neusim', 'fewshot', 'eval', out, '--way', `${way}`, '--shot', shot === 1 ? '5' : '1'],
    ...(options.data === undefined ? [] : ['--data', options.data]),
  ]);
  return {
    json: { ...json, files: written },
    text: `\n${testText(figures)}\n\nReport: ${written.page}\nFigures: ${written.json}\nOther episodes: ${other}`,
  };
}
