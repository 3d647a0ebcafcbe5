// A method with a network that somebody has trained, on classes that the network need never have seen.

import { describeWeights, summarize } from '@neusim/core';
import { type ClassPool, type Normalize, normalizeSchema, type Transform } from '@neusim/datasets';
import {
  baseImages,
  type FewShotConfig,
  type FewShotConfigInput,
  type Learner,
  type MadeLearner,
  makeLearner,
  parseFewShotConfig,
} from '@neusim/fewshot';
import { disposeModel, splitPart } from '@neusim/models';
import { modelFile } from '@neusim/platform';
import type { AnyRegistry } from '@neusim/registry';
import * as v from 'valibot';
import { checkSettings } from '../settings/check';
import { createProgress } from '../terminal/progress';
import type { Terminal } from '../terminal/terminal';
import {
  type NamedData,
  nameData,
  type OpenPool,
  openPool,
  openRuns,
  requireData,
  sizedFor,
} from './few-shot-data';
import type { Subject, SubjectOptions } from './few-shot-subject';
import { findModel } from './find-model';
import { changeConfig } from './read-config';
import { shippedBackbone } from './shipped-backbone';

/**
 * @param method its name.
 * @param options `backbone`: folder of a run or of a model, or the name of a network; default: the one that is shipped.
 * @throws NeusimError CLI_NO_DATA, CLI_NO_BACKBONE, CONFIG_INVALID, and what finding and reading the network and the data, and
 *   `makeLearner` throw
 */
export async function openMethod(
  terminal: Terminal,
  registry: AnyRegistry,
  method: string,
  options: SubjectOptions,
): Promise<Subject> {
  const { way, seed, set, layer } = options;
  const network = await findBackbone(registry, options.backbone, layer);
  const data = options.runs
    ? { name: 'omniglot', options: {}, folder: requireData(terminal, options.data) }
    : (options.named ?? (await nameData(terminal, registry, options)));
  const { backbone, normalize } = network;
  const start = {
    method,
    dataset: { name: data.name },
    backbone,
    normalize,
    seed,
    episodes: { way },
    steps: 0,
  };
  const asked = changeConfig(start, { set });
  checkSettings(registry, asked);
  const { options: given } = splitPart(asked.dataset as string);
  const opened = await openFor(
    terminal,
    registry,
    { ...data, options: { ...data.options, ...given } },
    network,
    options,
  );
  const { pool, close } = opened;
  if (opened.part === 'all' && network.trainedOn === data.name)
    terminal.err(
      `Warning: ${network.told} was trained on ${data.name}: if on these images, classes that it has seen are tested too. --split test tests those that a run does not train on.`,
    );
  try {
    const config = parseFewShotConfig({
      ...asked,
      dataset: data.name,
      transform: asked.transform ?? fitted(network.shape, pool.shape),
    });
    const made = await makeLearner(config, registry, {
      name: opened.dataset,
      train: pool,
      shape: pool.shape,
    });
    const { learner, recipe } = made;
    const own = describeWeights(learner.model).length - describeWeights(made.backbone).length;
    if (own > 0 && learner.training.by === 'episodes')
      terminal.err(
        `Warning: ${recipe.method.name} has ${own} weights besides the backbone's, which nothing has trained; \`npx neusim fewshot train\` does.`,
      );
    if (opened.train) await prepare(terminal, learner, opened.train, config);
    else if (learner.prepare)
      terminal.err(
        `Warning: ${recipe.method.name} wants to know base classes, and all classes here are tested: it goes without. --split test keeps those of the training part for it.`,
      );
    const { name, options: more } = splitPart(config.method);
    const hasOptions = Object.keys(more).length > 0;
    return {
      ...opened,
      name,
      learner,
      cost: costOf(made.backbone),
      recipe,
      reading: { transform: config.transform, normalize: config.normalize },
      facts: [
        ['backbone', network.told],
        ...(hasOptions ? [['options', JSON.stringify(more)] as const] : []),
      ],
      async close() {
        disposeModel(learner.model);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What the method knows of the classes that are not tested, where it wants to. */
async function prepare(
  terminal: Terminal,
  learner: Learner,
  train: ClassPool,
  config: FewShotConfig,
): Promise<void> {
  if (!learner.prepare) return;
  const [name, steps] = ['base classes', train.count];
  const progress = createProgress(terminal, [name]);
  const onProgress = (step: number) =>
    progress.update(name, { step, steps, text: 'images', isLast: step === steps });
  await learner
    .prepare(baseImages(train, config, terminal.interrupted, onProgress))
    .finally(() => progress.stop());
}

interface Backbone {
  readonly backbone: NonNullable<FewShotConfigInput['backbone']>;
  /** As a person names it. */
  readonly told: string;
  /** [height, width, channels] that it takes; what is null or missing is open. */
  readonly shape: readonly (number | null)[];
  readonly normalize: Normalize;
  /** The reader of its images, where that is known. */
  readonly trainedOn?: string | undefined;
}

async function findBackbone(
  registry: AnyRegistry,
  word: string | undefined,
  layer: string | undefined,
): Promise<Backbone> {
  if (word === 'identity' || (word !== undefined && registry.has('model', word)))
    return { backbone: word, told: word, shape: [], normalize: 'unit' };
  const told = word ?? (await shippedBackbone());
  const { model, config } = await findModel(told);
  const { modelTopology } = await modelFile(model).load();
  return {
    backbone: { file: model, ...(layer !== undefined && { layer }) },
    told,
    shape: inputShapeIn(modelTopology)?.slice(1) ?? [],
    normalize: normalizeOf(config),
    trainedOn: config?.dataset === undefined ? undefined : splitPart(config.dataset as string).name,
  };
}

/** The first shape of an input that a topology tells, its batch before it. */
function inputShapeIn(topology: unknown): (number | null)[] | undefined {
  if (typeof topology !== 'object' || topology === null) return undefined;
  const { batch_input_shape: own } = topology as { batch_input_shape?: (number | null)[] };
  if (Array.isArray(own)) return own;
  for (const value of Object.values(topology)) {
    const found = inputShapeIn(value);
    if (found) return found;
  }
  return undefined;
}

/** @returns multiply-adds for an image; 0 where it takes images of any size. */
export const costOf = (backbone: MadeLearner['backbone']): number =>
  summarize(backbone).reduce((sum, row) => sum + (row.multiplyAdds ?? 0), 0);

/** What a run's images were normalised by; 0..1 where it is not known. */
function normalizeOf(config: Record<string, unknown> | null): Normalize {
  const parsed = v.safeParse(normalizeSchema, config?.normalize);
  return parsed.success && parsed.output !== 'dataset' ? parsed.output : 'unit';
}

/** The data, decoded to what the network takes where its reader can. */
function openFor(
  terminal: Terminal,
  registry: AnyRegistry,
  data: NamedData,
  { shape }: Backbone,
  { runs, part, open = openPool }: SubjectOptions,
): Promise<OpenPool> {
  if (runs) return openRuns(terminal, data.folder as string, shape);
  return open(terminal, registry, sizedFor(registry, data, shape), part);
}

/** For images that are of another size as they are stored. */
function fitted(
  [height, width]: readonly (number | null)[],
  shape: readonly [number, number, number],
): Transform | undefined {
  if (!height || !width || (height === shape[0] && width === shape[1])) return undefined;
  return { resize: [height, width] };
}
