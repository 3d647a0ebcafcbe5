// `neusim train <preset|config.json>`: one network, from a config to a report.

import { splitPart } from '@neusim/models';
import { exists, joinPath, readText } from '@neusim/platform';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import {
  findPreset,
  parseConfig,
  setConfigValue,
  type TrainConfig,
  type TrainConfigInput,
} from '@neusim/train';
import { makeRegistry } from '../registry';
import { resultsTable } from '../run/columns';
import { examine } from '../run/examine';
import { unlessStopped } from '../run/measure';
import { openData } from '../run/open-data';
import { openSinks } from '../run/sinks';
import { ticker } from '../run/ticker';
import { startEngine, trainJob } from '../run/train-job';
import { trainWorkerUrl } from '../run/worker-url';
import { writeResults } from '../run/write-results';
import { checkSettings } from '../settings/check';
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
}

/**
 * @param source a preset's name, or the path of a config.
 * @throws NeusimError what reading the config, the data and training throw
 */
export async function train(terminal: Terminal, source: string, options: TrainOptions): Promise<Outcome> {
  const started = performance.now();
  const registry = makeRegistry();
  const config = await readConfig(registry, source, options);
  const { name = splitPart(config.model).name, seed } = config;
  const { precision } = options;
  const { out = joinPath('runs', name), backend = precision ? 'wasm' : 'auto' } = options;
  const backendOptions = precision ? { precision } : undefined;
  const folder = options.data ?? terminal.env.NEUSIM_DATA;
  if (!options.resume) await requireFree(out);
  const sinks = await openSinks(out, options);
  const signal = terminal.interrupted;
  const stopped = (json: { step: number; checkpoint: string | null }, text: string): Outcome => {
    const resume = json.checkpoint && resumeCommand(out, options);
    return {
      json: { stopped: true, ...json, resume },
      text: resume ? `${text}\nGo on with: ${resume}` : text,
      exitCode: exitCodes[signal.reason] ?? 130,
    };
  };
  const dataset = await unlessStopped(signal, () => openData(terminal, config, { registry, folder }));
  if (!dataset) return stopped({ step: 0, checkpoint: null }, 'Stopped while the data set was opened.');
  const engine = await startEngine(backend, backendOptions);
  terminal.err(
    `${name} on ${dataset.name}, engine ${engine.name} (${engine.adapter}), seed ${seed}, in ${out}`,
  );

  if (engine.name === 'cpu')
    terminal.err('Warning: cpu is the plain JavaScript engine, a hundred times slower than wasm.');
  const progress = createProgress(terminal, [name]);
  const job = {
    name,
    config,
    out,
    backend: engine.name,
    backendOptions,
    folder,
    resume: options.resume ?? false,
  };
  const workers = { url: trainWorkerUrl };
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

  terminal.err(`Measuring ${name}: its speed, and what it learned, on 64 test images …`);
  const run = await unlessStopped(signal, () => examine(registry, dataset, result, out, signal));
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
    text: `\n${resultsTable(results.rows)}\n\nReport: ${reportPath}\nResults: ${resultsPath}`,
  };
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
async function readConfig(
  registry: AnyRegistry,
  source: string,
  { set = [], dataset, seed, workers }: TrainOptions,
): Promise<TrainConfig> {
  let config: Record<string, unknown> = { ...(await sourceConfig(source)) };
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
  checkSettings(registry, config);
  return parseConfig(config);
}

async function sourceConfig(source: string): Promise<TrainConfigInput> {
  if (!/[\\/]|\.json$/.test(source)) return findPreset(source).config;
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
