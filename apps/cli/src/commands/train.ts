// `neusim train <preset|config.json>`: one network, from a config to a report.

import type { Dataset } from '@neusim/datasets';
import { splitPart } from '@neusim/models';
import { exists, joinPath } from '@neusim/platform';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import type { TrainConfig, TrainResult } from '@neusim/train';
import { examine } from '../run/examine';
import { unlessStopped } from '../run/measure';
import { openData, withStatistics } from '../run/open-data';
import { type ConfigOptions, readConfig } from '../run/read-config';
import { resultsTable } from '../run/results-table';
import { openSinks } from '../run/sinks';
import { stoppedOutcome } from '../run/stopped';
import { ticker } from '../run/ticker';
import { trainCommand } from '../run/train-command';
import { startEngine, trainJob } from '../run/train-job';
import { trainWorkerUrl } from '../run/worker-url';
import { writeResults } from '../run/write-results';
import { createProgress } from '../terminal/progress';
import type { Outcome, Terminal } from '../terminal/terminal';

export interface TrainOptions extends ConfigOptions {
  readonly data?: string;
  readonly out?: string;
  readonly resume?: true;
  readonly backend?: string;
  /** Of wasm's convolutions. */
  readonly precision?: string;
  /** Folder of a TensorBoard event file; true: the one in `out`. */
  readonly tensorboard?: string | true;
}

/**
 * @param source a preset's name, or the path of a config.
 * @throws NeusimError what reading the config, the data and training throw
 */
export async function train(terminal: Terminal, source: string, options: TrainOptions): Promise<Outcome> {
  const started = performance.now();
  const { config: given, registry, urls, specifiersFrom } = await readConfig(terminal, source, options);
  const { out = joinPath('runs', given.name ?? splitPart(given.model).name) } = options;
  if (!options.resume) await requireFree(out);
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
  const signal = terminal.interrupted;
  const stopped = (json: { step: number; checkpoint: string | null }, text: string): Outcome =>
    stoppedOutcome(signal, text, { ...json, resume: json.checkpoint && resumeCommand(out, options) });
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
  const workers = { url: trainWorkerUrl, data: urls };
  const context = { dataset, signal, workers, sinks, onEvent: ticker(name, progress) };
  const result = await trainJob(job, context).finally(() => progress.stop());
  if ('type' in result) {
    const { step, checkpoint } = result;
    const kept = `Stopped after step ${step}; the checkpoint is ${checkpoint}.`;
    return stopped(
      { step, checkpoint },
      checkpoint ? kept : 'Stopped before the first step: there is nothing to go on from.',
    );
  }

  const examination = { terminal, registry, plugins: urls, dataset, signal };
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
    command: trainCommand(joinPath(out, 'config.json'), `${out}-again`, options),
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
export async function requireFree(out: string, names = ['results.json', 'report.html']): Promise<void> {
  for (const name of names)
    if (await exists(joinPath(out, name)))
      throw new NeusimError('CLI_OUT_TAKEN', `${out} holds a ${name} already`, {
        data: { out, file: name },
        hint: 'give another folder with --out, or go on with its run by --resume',
      });
}

function resumeCommand(out: string, options: TrainOptions): string {
  const { tensorboard } = options;
  const events = tensorboard ? ['--tensorboard', ...(tensorboard === true ? [] : [tensorboard])] : [];
  return trainCommand(joinPath(out, 'config.json'), out, options, [...events, '--resume']);
}
