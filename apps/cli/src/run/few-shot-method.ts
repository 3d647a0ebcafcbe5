// A method with a network that somebody has trained, on classes that the network need never have seen.

import { summarize } from '@neusim/core';
import { divisionSchema } from '@neusim/datasets';
import { type MadeLearner, makeLearner, parseFewShotConfig } from '@neusim/fewshot';
import { disposeModel, splitPart } from '@neusim/models';
import { type AnyRegistry, NeusimError, parseSchema, suggest } from '@neusim/registry';
import { checkSettings } from '../settings/check';
import type { Terminal } from '../terminal/terminal';
import { type Backbone, findBackbone } from './few-shot-backbone';
import { type BaseClasses, fitted, learnBase, openBase } from './few-shot-base';
import {
  type NamedData,
  nameData,
  type OpenPool,
  openPool,
  openRuns,
  type PartChoice,
  requireData,
  sizedFor,
} from './few-shot-data';
import { dataName } from './few-shot-files';
import type { Subject, SubjectOptions } from './few-shot-subject';
import { changeConfig } from './read-config';
import { warnOfSeen } from './seen-classes';

/**
 * @param method its name.
 * @param options `backbone`: folder of a run or of a model, or the name of a network; default: the one that is shipped.
 * @throws NeusimError CLI_NO_DATA, CLI_NO_BACKBONE, CLI_NO_BASE, CONFIG_INVALID, and what finding and reading the network, the
 *   data and the base classes, and `makeLearner` throw
 */
export async function openMethod(
  terminal: Terminal,
  registry: AnyRegistry,
  method: string,
  options: SubjectOptions,
): Promise<Subject> {
  const { way, seed, set = [], layer } = options;
  const isDivided = requireKeys(set);
  const network = await findBackbone(terminal, registry, options.backbone, layer);
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
    {
      ...data,
      options: { ...data.options, ...given },
      division: isDivided ? parseSchema(divisionSchema, asked.division, 'config: division') : data.division,
    },
    network,
    // Who divides the classes anew wants them divided.
    isDivided ? { ...options, choose: options.choose ?? toTest } : options,
  );
  const { pool } = opened;
  const dispose: (() => unknown)[] = [opened.close];
  try {
    warnOfSeen(terminal, network, opened, data.name);
    const config = parseFewShotConfig({
      ...asked,
      dataset: data.name,
      episodes: { way: opened.runs?.[0]?.classes.length ?? way },
      transform: asked.transform ?? fitted(network.shape, pool.shape),
    });
    const { transform } = config;
    const base =
      options.base === undefined
        ? opened.train && { ...opened, pool: opened.train, transform, close: async () => {} }
        : await openBase(
            terminal,
            registry,
            options.base,
            { pool, transform },
            'transform' in asked ? transform : undefined,
            options.open,
          );
    if (base) dispose.unshift(base.close);
    const made = await makeLearner(config, registry, {
      name: opened.dataset,
      train: base?.pool ?? pool,
      shape: pool.shape,
    });
    const { learner, recipe } = made;
    dispose.unshift(() => disposeModel(learner.model));
    const own = learner.model.countParams() - made.backbone.countParams();
    if (own > 0 && learner.training.by === 'episodes')
      terminal.err(
        `Warning: ${recipe.method.name} has ${own.toLocaleString('en-US')} weight${own === 1 ? '' : 's'} besides the backbone's, which nothing has trained; \`npx neusim fewshot train\` does.`,
      );
    const usesBase = await learnBase(terminal, recipe.method.name, learner, base, opened, config);
    const { name, options: more } = splitPart(config.method);
    const hasOptions = Object.keys(more).length > 0;
    return {
      ...opened,
      name,
      learner,
      usesBase,
      cost: costOf(made.backbone),
      recipe,
      reading: { transform: config.transform, normalize: config.normalize },
      facts: [
        ['backbone', network.told],
        ...(usesBase && base ? [['base classes', toldOf(base)] as const] : []),
        ...(hasOptions ? [['options', JSON.stringify(more)] as const] : []),
      ],
      async close() {
        for (const free of dispose) await free();
      },
    };
  } catch (error) {
    for (const free of dispose) await free();
    throw error;
  }
}

/** What --set may change of a test of a method: what it is made of, and how its images are read. */
const CHANGES = ['method', 'backbone', 'dataset', 'division', 'transform', 'normalize'];

/** @returns whether the classes are divided. @throws NeusimError CLI_USAGE for a key that a test does not use */
function requireKeys(set: readonly string[]): boolean {
  const keys = set.map((assignment) => assignment.split(/[.=]/)[0] as string);
  const at = keys.findIndex((key) => !CHANGES.includes(key));
  if (at < 0) return keys.includes('division');
  const nearest = suggest(keys[at] as string, CHANGES);
  throw new NeusimError('CLI_USAGE', `--set ${set[at]} is no choice of a test of a method`, {
    data: { option: `--set ${set[at]}`, known: CHANGES, nearest },
    hint: `${nearest ? `did you mean "${nearest}"? ` : ''}--set reaches ${CHANGES.join(', ')}; episodes have options of their own, such as --way`,
  });
}

const toTest: PartChoice = () => 'test';

const toldOf = (base: BaseClasses) => `${base.pool.classes.length} of ${dataName(base)}`;

/** @returns multiply-adds for an image; 0 where it takes images of any size. */
export const costOf = (backbone: MadeLearner['backbone']): number =>
  summarize(backbone).reduce((sum, row) => sum + (row.multiplyAdds ?? 0), 0);

/** The data, decoded to what the network takes where its reader can. */
function openFor(
  terminal: Terminal,
  registry: AnyRegistry,
  data: NamedData,
  { shape }: Backbone,
  { runs, part, choose, open = openPool }: SubjectOptions,
): Promise<OpenPool> {
  if (runs) return openRuns(terminal, data.folder as string, shape);
  return open(terminal, registry, sizedFor(registry, data, shape), part ?? choose);
}
