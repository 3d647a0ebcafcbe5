// A network that somebody has trained, as the backbone of a method.

import { type Normalize, normalizeSchema } from '@neusim/datasets';
import type { FewShotConfigInput } from '@neusim/fewshot';
import { splitPart } from '@neusim/models';
import { modelFile } from '@neusim/platform';
import type { AnyRegistry } from '@neusim/registry';
import * as v from 'valibot';
import type { Terminal } from '../terminal/terminal';
import { findModel } from './find-model';
import { seenIn, type Trained } from './seen-classes';
import { shippedBackbone } from './shipped-backbone';

export interface Backbone extends Trained {
  readonly backbone: NonNullable<FewShotConfigInput['backbone']>;
  /** [height, width, channels] that it takes; what is null or missing is open. */
  readonly shape: readonly (number | null)[];
  readonly normalize: Normalize;
}

/**
 * @param word folder of a run or of a model, or the name of a network; default: the one that is shipped.
 * @throws NeusimError CLI_NO_BACKBONE, and what finding and reading the network throw
 */
export async function findBackbone(
  terminal: Terminal,
  registry: AnyRegistry,
  word: string | undefined,
  layer: string | undefined,
): Promise<Backbone> {
  if (word === 'identity' || (word !== undefined && registry.has('model', word)))
    return { backbone: word, told: word, shape: [], normalize: 'unit', seen: [] };
  if (word === undefined)
    terminal.err(
      'Note: without --backbone it is the small network that comes along: it has seen handwritten characters, grey and 28×28.',
    );
  const told = word ?? (await shippedBackbone());
  const { model, run, config } = await findModel(told);
  const { modelTopology } = await modelFile(model).load();
  return {
    backbone: { file: model, ...(layer !== undefined && { layer }) },
    told,
    shape: inputShapeIn(modelTopology)?.slice(1) ?? [],
    normalize: normalizeOf(config),
    seen: await seenIn(run ?? model),
    reader: config?.dataset === undefined ? undefined : splitPart(config.dataset as string).name,
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

/** What a run's images were normalised by; 0..1 where it is not known. */
function normalizeOf(config: Record<string, unknown> | null): Normalize {
  const parsed = v.safeParse(normalizeSchema, config?.normalize);
  return parsed.success && parsed.output !== 'dataset' ? parsed.output : 'unit';
}
