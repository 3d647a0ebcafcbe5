// `neusim eval <run|model folder>`: a trained network on every image of a split.

import type { Dataset } from '@neusim/datasets';
import { disposeModel } from '@neusim/models';
import { joinPath, makeFolder, writeAtomic } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import { cellsOf, classFigures, confusedPairs, type Interval, wilson } from '@neusim/report';
import { type Evaluation, parseConfig } from '@neusim/train';
import { openPlugins } from '../plugins/open-plugins';
import { evaluateSplit, type SplitName } from '../run/evaluate-split';
import { evaluationText } from '../run/evaluation-text';
import { type FoundModel, findModel } from '../run/find-model';
import { unlessStopped } from '../run/measure';
import { openData, withStatistics } from '../run/open-data';
import { openModel, requireFit } from '../run/open-model';
import { changeConfig, pluginsIn } from '../run/read-config';
import { stoppedOutcome } from '../run/stopped';
import { startEngine } from '../run/train-job';
import { checkSettings } from '../settings/check';
import { createProgress } from '../terminal/progress';
import type { Outcome, Terminal } from '../terminal/terminal';

export interface EvalOptions {
  readonly dataset?: string;
  readonly data?: string;
  readonly set?: readonly string[];
  readonly split: SplitName;
  readonly backend?: string;
  readonly precision?: string;
  readonly workers?: number;
  readonly out?: string;
  readonly plugin?: readonly string[];
}

/**
 * @param path folder of a run or of a model, folded ones too.
 * @throws NeusimError CLI_NO_CONFIG, CLI_MODEL_MISMATCH, and what finding and loading the model and the data throw
 */
export async function evalCommand(terminal: Terminal, path: string, options: EvalOptions): Promise<Outcome> {
  const { split, precision, workers, out } = options;
  const found = await findModel(path);
  const json = evalConfig(found, options);
  const plugins = { config: pluginsIn(json), folder: found.run ?? '.', options: options.plugin };
  const { registry, urls } = await openPlugins(terminal, plugins);
  if (found.config) checkSettings(registry, json);
  const asked = parseConfig(json);
  const engine = await startEngine(
    options.backend ?? (precision ? 'wasm' : 'auto'),
    precision ? { precision } : undefined,
    registry,
  );
  const model = await openModel(registry, found.model);
  let opened: Dataset | undefined;
  try {
    const folder = options.data ?? terminal.env.NEUSIM_DATA;
    const dataset = await openData(terminal, asked, { registry, folder });
    opened = dataset;
    requireFit(model, dataset, asked.transform);
    const config = await withStatistics(terminal, asked, dataset);
    const { count } = dataset[split];
    terminal.err(
      `Testing ${found.model} on ${count} ${split} images of ${dataset.name}, engine ${engine.name} (${engine.adapter})`,
    );
    const signal = terminal.interrupted;
    const progress = createProgress(terminal, [split]);
    const onProgress = (step: number, steps: number) =>
      progress.update(split, { step, steps, text: 'images', isLast: step === steps });
    const started = performance.now();
    const evaluation = await unlessStopped(signal, () =>
      evaluateSplit(model, { dataset, split, config, workers, plugins: urls, signal, onProgress }),
    ).finally(() => progress.stop());
    if (!evaluation) return stoppedOutcome(signal, 'Stopped; of a pass that is not whole nothing is kept.');
    const json = {
      model: found.model,
      dataset: dataset.name,
      split,
      backend: engine.name,
      imagesPerSecond: Math.round((1000 * count) / (performance.now() - started)),
      ...figuresOf(evaluation, dataset.classes),
    };
    const text = evaluationText(json);
    if (out === undefined) return { json, text };
    const { predicted } = evaluation.predictions;
    const file = { ...json, labels: [...dataset[split].labels], predicted: [...predicted] };
    await makeFolder(joinPath(out, '..'));
    await writeAtomic(out, `${JSON.stringify(file)}\n`);
    return { json, text: `${text}\n\nWritten: ${out}` };
  } finally {
    disposeModel(model);
    await opened?.close?.();
  }
}

function figuresOf({ count, error, top5Error, loss, confusion }: Evaluation, classes: readonly string[]) {
  const percent = (share: number): Interval => {
    const [low, high] = wilson(Math.round((share * count) / 100), count);
    return [100 * low, 100 * high];
  };
  const cells = cellsOf(confusion);
  return {
    images: count,
    error,
    errorInterval: percent(error),
    top5Error,
    top5ErrorInterval: top5Error === null ? null : percent(top5Error),
    loss: Number.isFinite(loss) ? loss : null,
    classes: classFigures(classes, cells),
    confused: confusedPairs(classes, cells),
    confusion,
  };
}

/** The run's own config, with the command line's changes; of a model alone, what the command line says. */
function evalConfig({ config, model }: FoundModel, { set, dataset }: EvalOptions): Record<string, unknown> {
  if (!config && dataset === undefined)
    throw new NeusimError('CLI_NO_CONFIG', `${model} is a model without the config of its run`, {
      data: { model },
      hint: 'say what it was trained on: --dataset NAME, and how its images were normalised: --set normalize=unit',
    });
  const from = config ?? { model: 'saved', steps: 1 };
  return changeConfig(from, { set, dataset });
}
