// A method with a network that somebody has trained, on classes that the network need never have seen.

import { describeWeights, loadModel } from '@neusim/core';
import { type Normalize, normalizeSchema, type Transform, transformSchema } from '@neusim/datasets';
import { cutHead, type FewShotMethod } from '@neusim/fewshot';
import { disposeModel, inPath, partSchema, splitPart } from '@neusim/models';
import { modelFile } from '@neusim/platform';
import { type AnyRegistry, NeusimError, parseSchema } from '@neusim/registry';
import type * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import * as v from 'valibot';
import type { Terminal } from '../terminal/terminal';
import { nameData, type OpenPool, openPool, sizedFor } from './few-shot-data';
import type { Subject, SubjectOptions } from './few-shot-subject';
import { findModel } from './find-model';
import { changeConfig } from './read-config';
import { shippedBackbone } from './shipped-backbone';

/** What --set reaches. */
const settingsSchema = v.strictObject({
  method: partSchema,
  dataset: v.optional(v.looseObject({}), {}),
  transform: v.optional(transformSchema),
  normalize: v.optional(normalizeSchema),
});

/**
 * @param method its name.
 * @param options `backbone`: folder of a run or of a model; default: the one that is shipped.
 * @throws NeusimError CLI_NO_DATA, CLI_NO_BACKBONE, CONFIG_INVALID for --set, CLI_MODEL_MISMATCH, FEWSHOT_BACKBONE, and what finding
 *   and reading the network and the data throw
 */
export async function openMethod(
  terminal: Terminal,
  registry: AnyRegistry,
  method: string,
  options: SubjectOptions,
): Promise<Subject> {
  const json = changeConfig({ method }, { set: options.set });
  const settings = parseSchema(settingsSchema, json, 'config');
  const { name, options: given } = splitPart(settings.method);
  await registry.ready(`method:${name}`);
  const made = inPath('method', () => registry.make('method', name, given)) as FewShotMethod;
  const data = await nameData(terminal, registry, options);
  const path = options.backbone ?? (await shippedBackbone());
  const found = await findModel(path);
  const network = await loadModel(registry, modelFile(found.model) as tf.io.IOHandler);
  let mine = network;
  let opened: OpenPool | undefined;
  try {
    const backbone = cutHead(network, options.layer);
    mine = backbone;
    const wanted = backbone.inputs[0]!.shape.slice(1);
    opened = await openPool(
      terminal,
      registry,
      sizedFor(registry, data, wanted, settings.dataset),
      options.part,
    );
    const { pool, part, dataset, close } = opened;
    const reading = {
      transform: fitted(wanted, pool.shape, settings.transform, path),
      normalize: settings.normalize ?? normalizeOf(found.config),
    };
    const topology = backbone.toJSON(null, false) as object;
    const brought = describeWeights(backbone).length;
    const parts = { classes: pool.classes.length, way: options.way, seed: options.seed };
    const learner = made.build({ backbone, ...parts });
    mine = learner.model;
    warnUntrained(terminal, made, describeWeights(learner.model).length - brought);
    return {
      name,
      learner,
      recipe: { method: { name, options: made.options }, backbone: topology, ...parts },
      pool,
      part,
      dataset,
      reading,
      facts: [
        ['backbone', path],
        ...(Object.keys(given).length > 0 ? [['options', JSON.stringify(given)] as const] : []),
      ],
      async close() {
        disposeModel(learner.model);
        await close();
      },
    };
  } catch (error) {
    disposeModel(mine);
    await opened?.close();
    throw error;
  }
}

function warnUntrained(terminal: Terminal, { name, trainedBy }: FewShotMethod, own: number): void {
  if (own > 0 && trainedBy !== 'nothing')
    terminal.err(
      `Warning: ${name} has ${own} weights besides the backbone's, which nothing has trained; \`npx neusim fewshot train\` does.`,
    );
}

/** What a run's images were divided by; 0..1 where it is not known. */
function normalizeOf(config: Record<string, unknown> | null): Normalize {
  const parsed = v.safeParse(normalizeSchema, config?.normalize);
  return parsed.success && parsed.output !== 'dataset' ? parsed.output : 'unit';
}

/** @throws NeusimError CLI_MODEL_MISMATCH for images of other channels */
function fitted(
  [height, width, channels]: LayersModel['inputs'][number]['shape'],
  shape: readonly [number, number, number],
  given: Transform | undefined,
  path: string,
): Transform | undefined {
  if (channels !== null && channels !== undefined && channels !== shape[2])
    throw new NeusimError(
      'CLI_MODEL_MISMATCH',
      `the network in ${path} takes images of ${channels} channels; these have ${shape[2]}`,
      {
        data: { backbone: path, wanted: channels, met: shape[2] },
        hint: 'give another backbone, or data whose reader has channels: --set dataset.channels=1 or 3',
      },
    );
  if (given || !height || !width || (height === shape[0] && width === shape[1])) return given;
  return { resize: [height, width] };
}
