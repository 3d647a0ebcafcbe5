// `neusim inspect <run|model|checkpoint>`: what a trained network is made of, layer by layer, on one page.

import { isOperatorLayer, leafLayers } from '@neusim/core';
import type { Dataset } from '@neusim/datasets';
import { disposeModel } from '@neusim/models';
import { joinPath, makeFolder, writeAtomic } from '@neusim/platform';
import { type AnyRegistry, NeusimError, suggest } from '@neusim/registry';
import { formatSmall, type Inspection, inspectionOf, inspectionPage } from '@neusim/report';
import { inspectModel, openCheckpoint, parseConfig, type TrainConfig } from '@neusim/train';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { parseHTML } from 'linkedom';
import { openPlugins } from '../plugins/open-plugins';
import { type FoundCheckpoint, type FoundModel, findModelOrCheckpoint } from '../run/find-model';
import { type Sampled, sampleFile, sampleFromData, sampleOf } from '../run/inspection-sample';
import { unlessStopped } from '../run/measure';
import { openData, withStatistics } from '../run/open-data';
import { openModel } from '../run/open-model';
import { changeConfig, pluginsIn } from '../run/read-config';
import { stoppedOutcome } from '../run/stopped';
import { startEngine } from '../run/train-job';
import { checkSettings } from '../settings/check';
import { createProgress } from '../terminal/progress';
import type { Outcome, Terminal } from '../terminal/terminal';
import { textTable } from '../terminal/text-table';

export interface InspectOptions {
  readonly image?: string;
  readonly layer?: readonly string[];
  readonly out?: string;
  /** JSON of all that the page shows. */
  readonly numbers?: string;
  readonly dataset?: string;
  readonly data?: string;
  readonly set?: readonly string[];
  readonly backend?: string;
  readonly plugin?: readonly string[];
}

/** A network to be looked at, and an image. */
interface Opened {
  readonly model: LayersModel;
  readonly sampled: Sampled | null;
  readonly notes: readonly string[];
}

type Found = FoundModel | FoundCheckpoint;

/**
 * @param path folder of a run or of a model, or a checkpoint's file; of a run that is not finished its newest checkpoint.
 * @throws NeusimError CLI_NO_CONFIG, CLI_UNKNOWN_LAYER, CLI_IMAGE_CHANNELS, CLI_IMAGE_SIZE, and what finding and opening
 *   the model, the image and the data throw
 */
export async function inspect(terminal: Terminal, path: string, options: InspectOptions): Promise<Outcome> {
  const found = await findModelOrCheckpoint(path);
  const checkpoint = 'checkpoint' in found ? await openCheckpoint(found.checkpoint) : undefined;
  const config = await configOf(found, checkpoint?.config, options);
  const plugins = {
    config: pluginsIn(config?.json ?? {}),
    folder: found.run ?? '.',
    options: options.plugin,
  };
  const { registry } = await openPlugins(terminal, plugins);
  if (config && found.config) checkSettings(registry, config.json);
  const parsed = config && parseConfig(config.json);
  const engine = await startEngine(options.backend ?? 'auto', undefined, registry);
  const name = 'checkpoint' in found ? found.checkpoint : found.model;
  terminal.err(`Looking into ${name}, engine ${engine.name} (${engine.adapter})`);
  const wish = { ...options, registry, config: parsed };
  const opened = checkpoint
    ? await openAtCheckpoint(terminal, checkpoint, wish)
    : await openAtModel(terminal, (found as FoundModel).model, wish);
  const { model, sampled, notes } = opened;
  try {
    const only = chosenLayers(model, options.layer);
    const signal = terminal.interrupted;
    const progress = createProgress(terminal, ['inspect']);
    const inspected = await unlessStopped(signal, () =>
      inspectModel(model, {
        images: sampled?.images,
        only,
        signal,
        onProgress: (step, steps, layer) =>
          progress.update('inspect', { step, steps, text: layer, isLast: step === steps }),
      }),
    ).finally(() => progress.stop());
    if (!inspected) return stoppedOutcome(signal, 'Stopped; nothing is written.');
    const step = checkpoint ? `, at step ${checkpoint.step}` : '';
    const inspection = inspectionOf(inspected, {
      title: `Inside ${parsed?.name ?? (typeof parsed?.model === 'string' ? parsed.model : name)}`,
      summary: `${name}${step}: what each layer learned, and what it costs.`,
      facts: factsOf(inspected.costs, parsed, engine),
      notes,
      sample: sampled?.sample ?? null,
    });
    return await write(inspection, options.out ?? defaultOut(found, checkpoint?.step), options.numbers);
  } finally {
    sampled?.images.dispose();
    disposeModel(model);
  }
}

/** The run's own config, with the command line's changes; null for a model alone of which nothing is said. */
async function configOf(
  { config }: Found,
  saved: TrainConfig | undefined,
  { set = [], dataset, image }: InspectOptions,
): Promise<{ json: Record<string, unknown> } | null> {
  const from = config ?? saved;
  if (from) return { json: changeConfig(from, { set, dataset }) };
  const isNormalized = set.some((each) => each.startsWith('normalize='));
  if (
    (image !== undefined && !isNormalized) ||
    (image === undefined && set.length > 0 && dataset === undefined)
  )
    throw new NeusimError('CLI_NO_CONFIG', 'this is a model without the config of its run', {
      data: { image },
      hint: 'say how its images were normalised, --set normalize=unit for example; for a test image, --dataset NAME besides',
    });
  if (image === undefined && dataset === undefined) return null;
  // What is asked of it here is how images are made; the rest has to be there.
  return { json: changeConfig({ model: 'saved', steps: 1, dataset: 'none' }, { set, dataset }) };
}

interface Wish extends InspectOptions {
  readonly registry: AnyRegistry;
  readonly config: TrainConfig | null;
}

async function openAtModel(terminal: Terminal, folder: string, wish: Wish): Promise<Opened> {
  const { registry, config, image, dataset, data } = wish;
  const model = await openModel(registry, folder);
  try {
    if (image !== undefined && config)
      return { model, sampled: await sampleFile(model, image, config), notes: [] };
    if (!config)
      return { model, sampled: null, notes: [without('it is a model without the config of its run')] };
    const isNamed = dataset !== undefined || data !== undefined;
    const found = await sampleFromData(terminal, model, {
      registry,
      config,
      folder: data ?? terminal.env.NEUSIM_DATA,
      isNamed,
    });
    if (typeof found !== 'string') return { model, sampled: found, notes: [] };
    terminal.err(`Warning: no test image: ${found}; name its folder with --data, or an image with --image.`);
    return { model, sampled: null, notes: [without(found)] };
  } catch (error) {
    disposeModel(model);
    throw error;
  }
}

/** A checkpoint has weights alone: the data set tells the sizes of its network. */
async function openAtCheckpoint(
  terminal: Terminal,
  checkpoint: Awaited<ReturnType<typeof openCheckpoint>>,
  { registry, config, image, data }: Wish,
): Promise<Opened> {
  const wanted = config ?? checkpoint.config;
  const folder = data ?? terminal.env.NEUSIM_DATA;
  const dataset: Dataset = await openData(terminal, wanted, { registry, folder });
  try {
    const model = await checkpoint.build(registry, dataset);
    try {
      const sampled =
        image === undefined
          ? await sampleOf(model, dataset, await withStatistics(terminal, wanted, dataset))
          : await sampleFile(model, image, wanted);
      return { model, sampled, notes: [] };
    } catch (error) {
      disposeModel(model);
      throw error;
    }
  } finally {
    await dataset.close?.();
  }
}

const without = (why: string) =>
  `No image is shown, and nothing that depends on one: ${why}. An image may be given by --image FILE.`;

/** @throws NeusimError CLI_UNKNOWN_LAYER */
function chosenLayers(model: LayersModel, names: readonly string[] | undefined) {
  if (names === undefined) return undefined;
  const known = leafLayers(model)
    .filter((layer) => layer.weights.length > 0 || isOperatorLayer(layer))
    .map(({ name }) => name);
  for (const name of names)
    if (!known.some((layer) => layer.startsWith(name))) {
      const nearest = suggest(name, known);
      throw new NeusimError('CLI_UNKNOWN_LAYER', `the network has no layer "${name}"`, {
        data: { layer: name, known },
        hint: `${nearest ? `did you mean "${nearest}"? ` : ''}known: ${known.join(', ')}; or the beginning of several names`,
      });
    }
  // Whole names first: `conv1` is not also `conv10` where there is a `conv1`.
  const whole = new Set(names.filter((name) => known.includes(name)));
  const starts = names.filter((name) => !whole.has(name));
  return (layer: string) => whole.has(layer) || starts.some((start) => layer.startsWith(start));
}

function factsOf(
  costs: Inspection['costs'],
  config: TrainConfig | null,
  engine: { readonly name: string; readonly adapter: string },
): [string, string][] {
  const count = (value: number) => value.toLocaleString('en-US');
  const work = costs.every(({ multiplyAdds }) => multiplyAdds !== null)
    ? costs.reduce((sum, { multiplyAdds }) => sum + (multiplyAdds ?? 0), 0)
    : null;
  const dataset = typeof config?.dataset === 'object' ? config.dataset.name : config?.dataset;
  return [
    ...(dataset !== undefined && dataset !== 'none' ? [['data set', dataset] as [string, string]] : []),
    ...(config ? [['normalize', normalizeText(config)] as [string, string]] : []),
    ['parameters', count(costs.reduce((sum, { parameters }) => sum + parameters, 0))],
    ['multiply-adds', work === null ? 'open' : count(work)],
    ['engine', `${engine.name} (${engine.adapter})`],
  ];
}

const normalizeText = ({ normalize }: TrainConfig) =>
  typeof normalize === 'string' ? normalize : 'by mean and deviation';

function defaultOut(found: Found, step: number | undefined): string {
  if (found.run === null) return 'inspect.html';
  if (step !== undefined) return joinPath(found.run, `inspect-step-${step}.html`);
  const which = 'model' in found ? found.model.split(/[\\/]/).at(-1) : undefined;
  return joinPath(found.run, which === 'model' ? 'inspect.html' : `inspect-${which}.html`);
}

async function write(inspection: Inspection, page: string, numbers: string | undefined): Promise<Outcome> {
  const { document } = parseHTML('<html><body></body></html>');
  await makeFolder(joinPath(page, '..'));
  await writeAtomic(page, inspectionPage(inspection, document as unknown as Document));
  if (numbers !== undefined) {
    await makeFolder(joinPath(numbers, '..'));
    await writeAtomic(numbers, `${JSON.stringify(inspection)}\n`);
  }
  const files = [`Page: ${page}`, ...(numbers === undefined ? [] : [`Numbers: ${numbers}`])];
  return {
    json: { page, numbers: numbers ?? null, ...inspection },
    text: `\n${tableOf(inspection)}\n\n${files.join('\n')}`,
  };
}

function tableOf({ layers, costs, totals }: Inspection): string {
  const right = 'right' as const;
  const count = (value: number | null | undefined) => value?.toLocaleString('en-US') ?? null;
  const rows = layers.map(({ layer, type, similarity, operator, spectra }) => {
    const cost = costs.find(({ name }) => name === layer);
    const spectrum = spectra.effective ?? spectra.kernel;
    return [
      layer,
      similarity?.name ?? operator?.name ?? type,
      similarity ? similarity.shape : null,
      count(cost?.parameters),
      count(cost?.multiplyAdds),
      spectrum ? formatSmall(spectrum.nuclear) : null,
      spectrum ? `${formatSmall(spectrum.effectiveRank)} of ${spectrum.values.length}` : null,
    ];
  });
  const all = ['all', null, null, count(totals.parameters), count(totals.multiplyAdds), null, null];
  return textTable(
    [
      { title: 'layer' },
      { title: 'similarity' },
      { title: 'shape' },
      { title: 'parameters', align: right },
      { title: 'multiply-adds', align: right },
      { title: 'nuclear norm', align: right },
      { title: 'effective rank', align: right },
    ],
    [...rows, all],
  );
}
