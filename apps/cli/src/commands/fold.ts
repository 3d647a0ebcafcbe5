// `neusim fold <run|model folder>`: static similarities and batch norm into plain kernels, saved and verified.

import { countParameters, foldModelAsync, multiplyAdds, NeuralSimilarityConv2D } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { exists, joinPath, modelFile, readText, size } from '@neusim/platform';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import { parseConfig, testImages } from '@neusim/train';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { openPlugins } from '../plugins/open-plugins';
import { type FoundModel, findModel } from '../run/find-model';
import { logitDifference } from '../run/fold';
import { openData } from '../run/open-data';
import { openModel, requireFit } from '../run/open-model';
import { pluginsIn } from '../run/read-config';
import { startEngine } from '../run/train-job';
import type { Outcome, Terminal } from '../terminal/terminal';
import { textTable } from '../terminal/text-table';

export interface FoldOptions {
  readonly out?: string;
  /** Verify on the run's test images, not only on random ones. */
  readonly check?: true;
  readonly data?: string;
  readonly backend?: string;
  readonly plugin?: readonly string[];
}

const IMAGES = 32;
/** Test images to verify on. */
const CHECKED = 256;
/** Over the largest logit. Folding sums in another order: float32 leaves some 1e-6. */
const MOST_DIFFERENCE = 1e-3;

/** @throws NeusimError FOLD_DYNAMIC, FOLD_WRONG, CLI_OUT_TAKEN, and what finding and loading the model throw */
export async function fold(terminal: Terminal, path: string, options: FoldOptions): Promise<Outcome> {
  const found = await findModel(path);
  const { out = defaultOut(found), check = false } = options;
  if (options.out !== undefined) await requireFree(out);
  const plugins = {
    config: pluginsIn(found.config ?? {}),
    folder: found.run ?? '.',
    options: options.plugin,
  };
  const { registry } = await openPlugins(terminal, plugins);
  await startEngine(options.backend ?? 'auto', undefined, registry);
  const model = await openModel(registry, found.model);
  let folded: LayersModel | undefined;
  let images: tf.Tensor4D | undefined;
  try {
    images = check
      ? await checkedImages(terminal, found, { model, registry, data: options.data })
      : randomImages(model);
    // Nothing is written that is not right; then what was written is read back.
    folded = await foldModelAsync(model);
    await verify(model, folded, images);
    await folded.save(modelFile(out) as tf.io.IOHandler);
    disposeModel(folded);
    folded = await openModel(registry, out);
    const difference = await verify(model, folded, images);
    const rows = [await figuresOf('before', model, found.model), await figuresOf('after', folded, out)];
    const kept = folded.layers.filter((layer) => layer instanceof NeuralSimilarityConv2D);
    const isPlain = kept.length === 0;
    const json = {
      model: found.model,
      out,
      difference,
      images: images.shape[0],
      on: check ? 'test' : 'random',
      isPlain,
      rows,
    };
    return {
      json,
      text: textOf(
        json,
        kept.map(({ name }) => name),
      ),
    };
  } finally {
    images?.dispose();
    if (folded) disposeModel(folded);
    disposeModel(model);
  }
}

const defaultOut = ({ run, model }: FoundModel) =>
  run === null ? `${model}-folded` : joinPath(run, 'folded');

async function requireFree(out: string): Promise<void> {
  for (const name of ['model.json', 'config.json', 'checkpoints'])
    if (await exists(joinPath(out, name)))
      throw new NeusimError('CLI_OUT_TAKEN', `${out} holds a ${name} already`, {
        data: { out, file: name },
        hint: 'give another folder with --out',
      });
}

/** Uniform in 0..1, the same every time; sizes that the model leaves open are 32. */
function randomImages(model: LayersModel): tf.Tensor4D {
  const [, height, width, channels] = model.inputs[0]?.shape ?? [];
  return tf.randomUniform([IMAGES, height ?? 32, width ?? 32, channels ?? 3], 0, 1, 'float32', 7);
}

async function checkedImages(
  terminal: Terminal,
  { config, model: folder }: FoundModel,
  { model, registry, data }: { model: LayersModel; registry: AnyRegistry; data: string | undefined },
): Promise<tf.Tensor4D> {
  if (!config)
    throw new NeusimError(
      'CLI_NO_CONFIG',
      `${folder} is a model without the config of its run: --check knows no data set`,
      {
        data: { model: folder },
        hint: 'leave out --check: random images verify the folding too',
      },
    );
  const parsed = parseConfig(config);
  const dataset = await openData(terminal, parsed, { registry, folder: data ?? terminal.env.NEUSIM_DATA });
  try {
    requireFit(model, dataset, parsed.transform);
    return await testImages(dataset, parsed, Math.min(CHECKED, dataset.test.count));
  } finally {
    await dataset.close?.();
  }
}

interface FoldFigures {
  readonly name: string;
  readonly parameters: number;
  readonly multiplyAdds: number;
  /** Of the saved files. */
  readonly bytes: number;
}

async function figuresOf(name: string, model: LayersModel, folder: string): Promise<FoldFigures> {
  const { weightsManifest = [] } = JSON.parse(await readText(joinPath(folder, 'model.json'))) as {
    weightsManifest?: readonly { readonly paths: readonly string[] }[];
  };
  const files = ['model.json', ...weightsManifest.flatMap(({ paths }) => paths)];
  const sizes = await Promise.all(files.map((file) => size(joinPath(folder, file))));
  return {
    name,
    parameters: countParameters(model),
    multiplyAdds: multiplyAdds(model),
    bytes: sizes.reduce((sum, each) => sum + each, 0),
  };
}

function textOf(
  {
    out,
    difference,
    images,
    on,
    rows,
  }: { out: string; difference: number; images: number; on: string; rows: readonly FoldFigures[] },
  kept: readonly string[],
): string {
  const count = (value: number) => value.toLocaleString('en-US');
  const right = 'right' as const;
  const table = textTable(
    [
      { title: '' },
      { title: 'parameters', align: right },
      { title: 'multiply-adds', align: right },
      { title: 'bytes', align: right },
    ],
    rows.map((row) => [row.name, count(row.parameters), count(row.multiplyAdds), count(row.bytes)]),
  );
  const loads =
    kept.length === 0
      ? 'It has no layer of NeuSim: plain tf.loadLayersModel reads it.'
      : `tfjs has no plain layer for ${kept.join(', ')}: read it with loadModel of @neusim/core.`;
  return `${table}\n\nLogits differ by ${difference.toExponential(1)} of the largest, on ${images} ${on} images.\n${loads}\nFolded: ${out}`;
}

/** @returns the largest difference of logits. */
async function verify(model: LayersModel, folded: LayersModel, images: tf.Tensor4D): Promise<number> {
  const difference = await logitDifference(model, folded, images);
  if (difference <= MOST_DIFFERENCE) return difference;
  throw new NeusimError(
    'FOLD_WRONG',
    `the folded network's logits differ by ${difference} of the largest; allowed: ${MOST_DIFFERENCE}`,
    {
      data: { difference, allowed: MOST_DIFFERENCE },
      hint: 'where the network itself gives no finite numbers, folding cannot mend it; else this is a bug: please tell',
    },
  );
}
