// A run of `neusim fewshot train`, as something to test.

import { divisionSchema, inputShapeOf, normalizeSchema, transformSchema } from '@neusim/datasets';
import { openFewShotRun } from '@neusim/fewshot';
import { disposeModel, partSchema, splitPart } from '@neusim/models';
import { type AnyRegistry, NeusimError, parseSchema } from '@neusim/registry';
import * as v from 'valibot';
import type { Terminal } from '../terminal/terminal';
import { openPool, openRuns, requireData } from './few-shot-data';
import { costOf } from './few-shot-method';
import type { Subject, SubjectOptions } from './few-shot-subject';
import { changeConfig } from './read-config';
import { seenIn, warnOfSeen, whatIsNew } from './seen-classes';

/** What --set may change of a run that is trained: how other images are read, and which. */
const readingSchema = v.object({
  dataset: partSchema,
  division: v.optional(divisionSchema),
  transform: v.optional(transformSchema),
  normalize: normalizeSchema,
});
const CHANGES = Object.keys(readingSchema.entries);

/**
 * @param path the run's folder.
 * @param options `data`: folder of the run's data set, or with `dataset` of another.
 * @throws NeusimError CLI_USAGE, CONFIG_INVALID, and what `openFewShotRun` and opening the data throw
 */
export async function openRun(
  terminal: Terminal,
  registry: AnyRegistry,
  path: string,
  options: SubjectOptions,
): Promise<Subject> {
  const { set = [], data, runs, open = openPool } = options;
  for (const given of ['backbone', 'layer', 'base'] as const)
    if (options[given] !== undefined) throw unusable(`--${given}`, path);
  for (const assignment of set)
    if (!CHANGES.includes(assignment.split(/[.=]/)[0] as string)) throw unusable(`--set ${assignment}`, path);
  const run = await openFewShotRun(path, { registry }).catch((error) => {
    throw error instanceof NeusimError && error.code === 'CHECKPOINT_NONE' ? notRun(path) : error;
  });
  const { learner, backbone, config } = run;
  try {
    const seen = await seenIn(path);
    const asked = parseSchema(
      readingSchema,
      changeConfig(config, { set, dataset: options.dataset }),
      'config',
    );
    const isDivided = set.some((each) => /^division[.=]/.test(each));
    const { name, options: given } = splitPart(asked.dataset);
    const folder = data ?? terminal.env.NEUSIM_DATA;
    const shape = backbone.inputs[0]!.shape.slice(1);
    const opened = runs
      ? await openRuns(terminal, requireData(terminal, data), shape)
      : await open(
          terminal,
          registry,
          { name, options: given, folder, division: asked.division },
          // Who divides the classes anew wants them divided.
          options.part ?? options.choose ?? (isDivided ? 'test' : whatIsNew(seen)),
        );
    warnOfSeen(terminal, { told: path, seen, reader: splitPart(config.dataset).name }, opened, name);
    try {
      requireShape(path, shape, inputShapeOf(opened.pool.shape, asked.transform));
    } catch (error) {
      await opened.close();
      throw error;
    }
    return {
      ...opened,
      name: config.name ?? run.recipe.method.name,
      learner,
      usesBase: false,
      recipe: run.recipe,
      cost: costOf(backbone),
      reading: { transform: asked.transform, normalize: asked.normalize },
      facts: [
        ['run', path],
        ['method', run.recipe.method.name],
        ['steps', String(run.step)],
      ],
      async close() {
        disposeModel(learner.model);
        await opened.close();
      },
    };
  } catch (error) {
    disposeModel(learner.model);
    throw error;
  }
}

function notRun(path: string): NeusimError {
  return new NeusimError('CLI_NOT_A_RUN', `${path} holds no checkpoint of a few-shot run`, {
    data: { folder: path },
    hint: 'name the folder of a run of `neusim fewshot train`; a saved network is named by --backbone, with --method',
  });
}

function unusable(option: string, path: string): NeusimError {
  return new NeusimError('CLI_USAGE', `${option} is no choice of a run that is trained: ${path}`, {
    data: { option, run: path },
    hint: `leave it out; of a run --set reaches ${CHANGES.join(', ')}`,
  });
}

function requireShape(path: string, wanted: readonly (number | null)[], met: readonly number[]): void {
  const isFeature = wanted.length === 1 && wanted[0] === met[0]! * met[1]! * met[2]!;
  if (isFeature || wanted.every((size, axis) => size === null || size === met[axis])) return;
  throw new NeusimError(
    'CLI_MODEL_MISMATCH',
    `the run in ${path} takes images of ${wanted.join('×')}; these are ${met.join('×')}`,
    {
      data: { run: path, wanted, met },
      hint: 'name the data that it was trained on, or bring these to its size: --set transform.resize=N, --set dataset.size=N',
    },
  );
}
