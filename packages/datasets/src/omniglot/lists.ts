// Lists of Omniglot's classes as they are published: one `Alphabet/characterNN/rotNNN` a line, or without a rotation.

import { NeusimError } from '@neusim/registry';
import { badDivision, sharedClass } from '../episodes/errors';
import { badRow, parseLines, readRows } from '../files/rows';
import { follow, type Tree } from '../files/tree';
import { ALL_TURNS, NO_TURN, type TurnedParts } from './divide';
import type { Turned } from './rotate';

const LINE = /^([^/]+\/[^/]+)(?:\/rot(\d{3}))?$/;
const ANGLES = ['000', '090', '180', '270'];

/** Which rotations are used. */
interface Turns {
  /** Those of a line that tells none. */
  readonly implied: readonly number[];
  /** Lines of others are passed over. */
  readonly allowed: readonly number[];
}

/**
 * The classes that a list names.
 * @param file below the data set's folder.
 * @param labels of the characters' names, `Alphabet/characterNN`.
 * @throws NeusimError `DATASET_BAD_ROW`, `DATASET_NOT_FOUND`, `EPISODE_BAD_DIVISION`, `DATASET_UNSAFE_PATH`
 */
async function readList(
  tree: Tree,
  file: string,
  labels: ReadonlyMap<string, number>,
  { implied, allowed }: Turns,
): Promise<Turned[]> {
  const { platform, root } = tree;
  const path = platform.joinPath(root, file);
  if (!(await platform.exists(path)))
    throw new NeusimError('DATASET_NOT_FOUND', `there is no file ${path}`, {
      data: { dataset: 'omniglot', looked: [path] },
      hint: 'lists are named by their paths below the data set’s folder',
    });
  const found: Turned[] = [];
  for (const { line, fields } of parseLines(await readRows(platform, await follow(tree, path)), '\t')) {
    const [, name = '', angle] = LINE.exec(fields[0]?.trim() ?? '') ?? [];
    const label = labels.get(name);
    if (label === undefined) throw badRow(path, line, `"${fields[0]}" is no character of this data set`);
    const turned = angle === undefined ? implied : [ANGLES.indexOf(angle)];
    if (turned.includes(-1)) throw badRow(path, line, `rot${angle}; allowed: ${ANGLES.join(', ')}`);
    for (const turns of turned) if (allowed.includes(turns)) found.push({ label, turns });
  }
  const keys = found.map(({ label, turns }) => label * 4 + turns);
  if (new Set(keys).size < keys.length)
    throw badDivision(`${path} names a class twice`, { file: path }, 'take one of them out');
  if (found.length === 0)
    throw badDivision(`${path} names no class`, { file: path }, 'give a list that does');
  return found;
}

/**
 * @param lists files below the data set's folder.
 * @param rotations undefined: those that are listed.
 * @throws NeusimError as `readList`; `EPISODE_SHARED_CLASS` for a character in two lists, whatever its rotations
 */
export async function readLists(
  tree: Tree,
  lists: Readonly<Record<'train' | 'validation' | 'test', string>>,
  labels: ReadonlyMap<string, number>,
  rotations: boolean | undefined,
): Promise<TurnedParts> {
  const implied = rotations ? ALL_TURNS : NO_TURN;
  const allowed = rotations === false ? NO_TURN : ALL_TURNS;
  const read = (file: string) => readList(tree, file, labels, { implied, allowed });
  const parts = {
    train: await read(lists.train),
    validation: await read(lists.validation),
    test: await read(lists.test),
  };
  requireApart(parts, [...labels.keys()]);
  return parts;
}

/** A rotation of a character that is trained on is no new character. @param names of the characters, by their labels. */
function requireApart(parts: TurnedParts, names: readonly string[]): void {
  const seen = new Map<number, string>();
  for (const [part, classes] of Object.entries(parts))
    for (const { label } of classes) {
      const before = seen.get(label) ?? part;
      if (before !== part) throw sharedClass(names[label]!, [before, part]);
      seen.set(label, part);
    }
}
