/**
 * Which classes a network has been trained on: `classes.json` in a run's folder. Whoever tests it on classes that should be
 * new to it can then tell whether they are.
 */
import type { Files } from '@neusim/platform';
import { NeusimError, parseSchema } from '@neusim/registry';
import * as v from 'valibot';

/** The classes of one data set that a network has learned of. */
export interface SeenClasses {
  /** The data set's name in the registry: who read it. */
  readonly dataset: string;
  /** Last part of its folder's path; null where it has none. */
  readonly folder: string | null;
  /** Names of those that it was trained on. */
  readonly train: readonly string[];
  /** Names of those whose tests chose its weights, where they are others. */
  readonly validation: readonly string[];
}

const FILE = 'classes.json';
/** Twenty thousand names, long ones, have less. */
const MOST_BYTES = 2 ** 24;

const names = v.pipe(v.array(v.string()), v.readonly());
const FORMAT = 'neusim-classes';
const schema = v.object({
  format: v.literal(FORMAT),
  version: v.literal(1),
  seen: v.array(
    v.object({ dataset: v.string(), folder: v.nullable(v.string()), train: names, validation: names }),
  ),
});

/**
 * What the network of a run's folder has seen: of the run's own data set first, then of those that its backbone was trained on before.
 * @returns undefined where the folder does not tell: one of an earlier version, or a model's beside which somebody keeps a
 *   `classes.json` of another format.
 * @throws NeusimError CLASSES_INVALID for a file that is damaged
 */
export async function readSeenClasses(
  files: Pick<Files, 'exists' | 'readText' | 'joinPath'>,
  folder: string,
): Promise<readonly SeenClasses[] | undefined> {
  const path = files.joinPath(folder, FILE);
  if (!(await files.exists(path))) return undefined;
  const text = await files.readText(path, MOST_BYTES);
  try {
    const json: unknown = JSON.parse(text);
    return Object(json).format === FORMAT ? parseSchema(schema, json, FILE).seen : undefined;
  } catch (cause) {
    throw new NeusimError('CLASSES_INVALID', `${path} is no list of classes: ${(cause as Error).message}`, {
      data: { file: path },
      hint: 'remove the file: which classes the network was trained on is then unknown',
      cause,
    });
  }
}

/** Writes what `readSeenClasses` reads; what is told twice is told once. */
export async function writeSeenClasses(
  files: Pick<Files, 'joinPath' | 'writeAtomic'>,
  folder: string,
  seen: readonly SeenClasses[],
): Promise<void> {
  const once = new Map(seen.map((each) => [JSON.stringify(each), each]));
  const json = { format: FORMAT, version: 1, seen: [...once.values()] };
  await files.writeAtomic(files.joinPath(folder, FILE), `${JSON.stringify(json, null, 1)}\n`);
}

/** Of a data set. @param folder of its files. */
export function seenClasses(
  dataset: string,
  folder: string | undefined,
  train: readonly string[],
  validation: readonly string[] = [],
): SeenClasses {
  const name = folder?.split(/[\\/]/).findLast((part) => part !== '');
  return { dataset, folder: name ?? null, train, validation };
}
