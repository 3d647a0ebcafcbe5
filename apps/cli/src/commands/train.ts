// `neusim train <preset|config.json>`: one network, from a config to a report.

import { dirname } from 'node:path';
import type { Dataset } from '@neusim/datasets';
import { splitPart } from '@neusim/models';
import { exists, joinPath, readText } from '@neusim/platform';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import {
  findPreset,
  parseConfig,
  setConfigValue,
  type TrainConfig,
  type TrainConfigInput,
  type TrainResult,
} from '@neusim/train';
import { openPlugins } from '../plugins/open-plugins';
import { examine } from '../run/examine';
import { unlessStopped } from '../run/measure';
import { openData, withStatistics } from '../run/open-data';
import { resultsTable } from '../run/results-table';
import { openSinks } from '../run/sinks';
import { ticker } from '../run/ticker';
import { startEngine, trainJob } from '../run/train-job';
import { trainWorkerUrl } from '../run/worker-url';
import { writeResults } from '../run/write-results';
import { exitCodes } from '../terminal/exit-codes';
import { createProgress } from '../terminal/progress';
import { shellCommand } from '../terminal/shell-command';
import type { Outcome, Terminal } from '../terminal/terminal';

export interface TrainOptions {
  readonly set?: readonly string[];
  readonly dataset?: string;
  readonly data?: string;
  readonly out?: string;
  readonly resume?: true;
  readonly backend?: string;
  /** Of wasm's convolutions. */
  readonly precision?: string;
  readonly seed?: number;
  readonly workers?: number;
  /** Folder of a TensorBoard event file; true: the one in `out`. */
  readonly tensorboard?: string | true;
  /** Besides the config's. */
  readonly plugin?: readonly string[];
}

/**
 * @param source a preset's name, or the path of a config.
 * @throws NeusimError what reading the config, the data and training throw
 */
export async function train(terminal: Terminal, source: string, options: TrainOptions): Promise<Outcome> {
  const started = performance.now();
  const given = await readConfig(source, options);
  const { out = joinPath('runs', given.name ?? splitPart(given.model).name) } = options;
  if (!options.resume) await requireFree(out);
  const plugins = { config: given.plugins, folder: folderOf(source), options: options.plugin };
  const { registry, urls, specifiersFrom } = await openPlugins(terminal, plugins);
  // The run's config lies in its folder: from there its plug-ins are found again.
  const asked: TrainConfig = { ...given, plugins: specifiersFrom(out) };
  const folder = options.data ?? terminal.env.NEUSIM_DATA;
  const dataset = await openData(terminal, asked, { registry, folder });
  try {
    // A run that goes on has its numbers in its checkpoint.
    const config = options.resume ? asked : await withStatistics(terminal, asked, dataset);
    return await trainOn(dataset, { terminal, config, options, out, registry, urls, folder, started });
  } finally {
    await dataset.close?.();
  }
}

interface Work {
  readonly terminal: Terminal;
  readonly config: TrainConfig;
  readonly options: TrainOptions;
  readonly out: string;
  readonly registry: AnyRegistry;
  /** Of the plug-ins, for workers. */
  readonly urls: readonly string[];
  readonly folder: string | undefined;
  /** When the command was. */
  readonly started: number;
}

async function trainOn(dataset: Dataset, work: Work): Promise<Outcome> {
  const { terminal, config, options, out, registry, urls, folder, started } = work;
  const { name = splitPart(config.model).name, seed } = config;
  const { precision } = options;
  const { backend = precision ? 'wasm' : 'auto' } = options;
  const backendOptions = precision ? { precision } : undefined;
  const sinks = await openSinks(out, options);
  const engine = await startEngine(backend, backendOptions, registry);
  terminal.err(
    `${name} on ${dataset.name}, engine ${engine.name} (${engine.adapter}), seed ${seed}, in ${out}`,
  );

  if (engine.name === 'cpu')
    terminal.err('Warning: cpu is the plain JavaScript engine, a hundred times slower than wasm.');
  const progress = createProgress(terminal, [name]);
  const job = {
    name,
    config,
    plugins: urls,
    out,
    backend: engine.name,
    backendOptions,
    folder,
    resume: options.resume ?? false,
  };
  const signal = terminal.interrupted;
  const workers = { url: trainWorkerUrl, data: urls };
  const context = { dataset, signal, workers, sinks, onEvent: ticker(name, progress) };
  const result = await trainJob(job, context).finally(() => progress.stop());
  const stopped = (json: { step: number; checkpoint: string | null }, text: string): Outcome => {
    const resume = json.checkpoint && resumeCommand(out, options);
    return {
      json: { stopped: true, ...json, resume },
      text: resume ? `${text}\nGo on with: ${resume}` : text,
      exitCode: exitCodes[signal.reason] ?? 130,
    };
  };
  if ('type' in result) {
    const { step, checkpoint } = result;
    const kept = `Stopped after step ${step}; the checkpoint is ${checkpoint}.`;
    return stopped(
      { step, checkpoint },
      checkpoint ? kept : 'Stopped before the first step; nothing was written.',
    );
  }

  const examination = { terminal, registry, dataset, signal };
  const run = await unlessStopped(signal, () => examine(examination, result, out));
  if (!run) {
    return stopped(
      { step: result.steps, checkpoint: joinPath(out, 'checkpoints') },
      `Stopped while measuring. The trained network is kept in ${joinPath(out, 'model')}, its curve in ${joinPath(out, 'result.json')}; there is no report yet.`,
    );
  }
  const { results, resultsPath, reportPath } = await writeResults(out, {
    title: `${name} on ${dataset.name}`,
    summary: `${result.steps.toLocaleString('en-US')} steps of batch ${config.batchSize}.`,
    seed,
    engine,
    dataset,
    runs: [run],
    missing: [],
    seconds: (performance.now() - started) / 1000,
    command: shellCommand(['npx', 'neusim', 'train', joinPath(out, 'config.json'), '--out', `${out}-again`]),
  });
  return {
    json: results,
    text: `\n${resultsTable(results.rows)}\n\n${loadingLine(result)}Report: ${reportPath}\nResults: ${resultsPath}`,
  };
}

/** How much of training was waiting for images. */
function loadingLine({ loadingShare }: TrainResult): string {
  return loadingShare === null
    ? ''
    : `Loading images took ${(100 * loadingShare).toFixed(1)} % of the steps' time.\n`;
}

/** A folder that holds results is not written over: they may be of something else. */
async function requireFree(out: string): Promise<void> {
  for (const name of ['results.json', 'report.html'])
    if (await exists(joinPath(out, name)))
      throw new NeusimError('CLI_OUT_TAKEN', `${out} holds a ${name} already`, {
        data: { out, file: name },
        hint: 'give another folder with --out, or go on with its run by --resume',
      });
}

/** The config of a preset or a file, with the command line's changes. */
export async function readConfig(
  source: string,
  options: Pick<TrainOptions, 'set' | 'dataset' | 'seed' | 'workers'>,
): Promise<TrainConfig> {
  return parseConfig(changeConfig(await sourceConfig(source), options));
}

/** A config that is still plain JSON, with the command line's changes. */
export function changeConfig(
  from: object,
  { set = [], dataset, seed, workers }: Pick<TrainOptions, 'set' | 'dataset' | 'seed' | 'workers'>,
): Record<string, unknown> {
  let config: Record<string, unknown> = { ...from };
  if (dataset !== undefined) config = { ...config, dataset };
  if (seed !== undefined) config = { ...config, seed };
  if (workers !== undefined) config = { ...config, workers };
  for (const assignment of set) {
    const at = assignment.indexOf('=');
    if (at < 1) {
      throw new NeusimError('CLI_BAD_SET', `--set ${assignment}: wanted key=value`, {
        data: { assignment },
        hint: 'for example --set steps=200 --set optimizer.momentum=0.95',
      });
    }
    config = setConfigValue(config, assignment.slice(0, at), assignment.slice(at + 1));
  }
  return config;
}

const isFile = (source: string) => /[\\/]|\.json$/.test(source);

/** Where the paths in a config begin; those of a preset, in the working directory. */
export const folderOf = (source: string) => (isFile(source) ? dirname(source) : '.');

export async function sourceConfig(source: string): Promise<TrainConfigInput> {
  if (!isFile(source)) return findPreset(source).config;
  const text = await readText(source);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new NeusimError('CONFIG_NOT_JSON', `${source} is not JSON: ${(cause as Error).message}`, {
      data: { file: source },
      hint: 'correct the file, or start from one that a run has written (config.json in its folder)',
      cause,
    });
  }
}

function resumeCommand(out: string, options: TrainOptions): string {
  const { data, backend, precision, tensorboard } = options;
  const more = Object.entries({ data, backend, precision, tensorboard }).flatMap(([name, value]) =>
    value ? [`--${name}`, ...(value === true ? [] : [value])] : [],
  );
  const config = joinPath(out, 'config.json');
  return shellCommand(['npx', 'neusim', 'train', config, '--out', out, ...more, '--resume']);
}
