// Base classes, for methods that want to know some besides the backbone: SimpleShot's mean, the prior of discriminative
// k-shot learning. They are those of --base; else those that the data set has for training.

import { type ClassPool, inputShapeOf, isFeaturePool, type Transform } from '@neusim/datasets';
import { baseBatches, baseImages, type FewShotConfig, type Learner } from '@neusim/fewshot';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import { createProgress } from '../terminal/progress';
import type { Terminal } from '../terminal/terminal';
import { nameData, type OpenPool, openPool, type PartChoice, sizedFor } from './few-shot-data';
import { warnOfBase } from './seen-classes';

export interface BaseClasses {
  /** Name of the data set. */
  readonly dataset: string;
  /** Of the data set. */
  readonly folder?: string | undefined;
  readonly pool: ClassPool;
  readonly transform: Transform;
  close(): Promise<void>;
}

/** How the images that are tested come to the network. */
interface Reading {
  readonly pool: ClassPool;
  readonly transform?: Transform | undefined;
}

const shapeOf = ({ pool, transform }: Reading): readonly number[] =>
  isFeaturePool(pool) ? pool.shape.slice(2) : inputShapeOf(pool.shape, transform);

/** For images that are of another size as they are stored. */
export function fitted(
  [height, width]: readonly (number | null)[],
  shape: readonly [number, number, number],
): Transform | undefined {
  if (!height || !width || (height === shape[0] && width === shape[1])) return undefined;
  return { resize: [height, width] };
}

/** A draw leaves no class out that nothing was trained on. */
const toTrainOn: PartChoice = (_, isDrawn) => (isDrawn ? 'all' : 'train');

/**
 * Classes to train on, or all where only a draw would choose them.
 * @param word a data set's name, or a folder. @param given `transform` of the config, where it has one. @param open default `openPool`.
 * @throws NeusimError CLI_BASE_MISMATCH, and what finding and opening the data throw
 */
export async function openBase(
  terminal: Terminal,
  registry: AnyRegistry,
  word: string,
  tested: Reading,
  given: Transform | undefined,
  open: typeof openPool = openPool,
): Promise<BaseClasses> {
  const wanted = shapeOf(tested);
  const named = sizedFor(registry, await nameData(terminal, registry, { data: word }), wanted);
  const { dataset, folder, pool, close } = await open(terminal, registry, named, toTrainOn);
  const base = { dataset, folder, pool, close, transform: given ?? fitted(wanted, pool.shape) ?? {} };
  const met = shapeOf(base);
  if (String(met) === String(wanted)) return base;
  await close();
  throw new NeusimError(
    'CLI_BASE_MISMATCH',
    `the images of --base ${word} are ${met.join('×')}; those tested are ${wanted.join('×')}`,
    {
      data: { base: word, met, wanted },
      hint: 'name base images of the same kind: as many channels, and of that size where their reader cannot change it',
    },
  );
}

/**
 * Tells the learner what it wants to know of base classes.
 * @returns whether it wanted something, and got it.
 * @throws NeusimError CLI_NO_BASE where it can do nothing without; what `fitBase` and `prepare` throw
 */
export async function learnBase(
  terminal: Terminal,
  method: string,
  learner: Learner,
  base: BaseClasses | undefined,
  opened: OpenPool,
  config: FewShotConfig,
): Promise<boolean> {
  if (!learner.fitBase && !learner.prepare) return false;
  if (!base) {
    if (learner.fitBase) throw noBase(method);
    const split = opened.test ? '; or --split test, where the classes to train on are known' : '';
    terminal.err(
      `Warning: ${method} wants to know base classes, and all classes here are tested: it goes without. Name images of others: --base FOLDER${split}.`,
    );
    return false;
  }
  const { pool, transform } = base;
  warnOfBase(terminal, pool, opened);
  const [name, steps] = ['base classes', pool.count];
  const progress = createProgress(terminal, [name]);
  const signal = terminal.interrupted;
  const given = [
    pool,
    { ...config, transform },
    signal,
    (step: number) => progress.update(name, { step, steps, text: 'images', isLast: step === steps }),
  ] as const;
  try {
    await learner.fitBase?.(baseBatches(...given), {
      signal,
      onProgress: (step, most) =>
        progress.update(name, { step, steps: most, text: 'steps of the base head, at most' }),
    });
    await learner.prepare?.(baseImages(...given));
  } finally {
    progress.stop();
  }
  return true;
}

function noBase(method: string): NeusimError {
  return new NeusimError(
    'CLI_NO_BASE',
    `${method} knows new classes by base classes, and there are none: all classes here are tested`,
    {
      data: { method },
      hint: `name images of other classes (--base FOLDER), or train it: npx neusim fewshot train ${method} --data FOLDER`,
    },
  );
}
