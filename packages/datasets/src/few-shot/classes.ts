// From what files tell of the classes of images to a pool's labels and names.

import { badFile, badLabel } from '../errors';

export interface Classes {
  readonly classes: readonly string[];
  readonly labels: Int32Array;
  /** Of each class. */
  readonly groups?: readonly string[] | undefined;
}

/** @throws NeusimError `DATASET_BAD_COUNT` */
export function requireCount(path: string, labels: number, images: number): void {
  if (labels === images) return;
  throw badFile('DATASET_BAD_COUNT', path, 0, `${labels} labels for ${images} images`, { labels, images });
}

/**
 * Classes that are numbers, in their order.
 * @param nameOf the name of a class's number.
 */
export function classesOfNumbers(
  numbers: ArrayLike<number>,
  nameOf: (number: number) => string,
): Classes & { readonly numbers: readonly number[] } {
  const met = [...new Set(Array.from(numbers))].sort((a, b) => a - b);
  const labelOf = new Map(met.map((number, label) => [number, label]));
  const labels = Int32Array.from(numbers, (number) => labelOf.get(number)!);
  return { classes: met.map(nameOf), labels, numbers: met };
}

/**
 * Classes that list their images, in the order of their names.
 * @param count of the images, each of which is of one class.
 * @throws NeusimError `DATASET_BAD_LABEL`
 */
export function classesOfLists(
  path: string,
  lists: ReadonlyMap<string, ArrayLike<number>>,
  count: number,
): Classes {
  const classes = [...lists.keys()].sort();
  const labels = new Int32Array(count).fill(-1);
  for (const [label, name] of classes.entries())
    for (const index of Array.from(lists.get(name)!)) {
      if (!(Number.isInteger(index) && index >= 0 && index < count))
        throw wrongClass(path, `class "${name}" has image ${index} of ${count}`, {
          class: name,
          image: index,
        });
      if (labels[index] !== -1) {
        const other = classes[labels[index]!];
        throw wrongClass(path, `image ${index} is of class "${other}" and of class "${name}"`, {
          image: index,
        });
      }
      labels[index] = label;
    }
  const without = labels.indexOf(-1);
  if (without >= 0) throw wrongClass(path, `image ${without} is of no class`, { image: without });
  return { classes, labels };
}

/**
 * Classes whose names and groups are lists, and whose images tell the number in them.
 * @param of the numbers of each image's class and group.
 * @throws NeusimError `DATASET_BAD_LABEL`, `DATASET_BAD_COUNT`
 */
export function classesOfNames(
  path: string,
  of: { readonly classes: ArrayLike<number>; readonly groups: ArrayLike<number> },
  names: { readonly classes: readonly string[]; readonly groups: readonly string[] },
): Classes {
  requireCount(path, of.groups.length, of.classes.length);
  const groupOf = new Map<number, number>();
  for (let image = 0; image < of.classes.length; image++) {
    const [number, group] = [of.classes[image]!, of.groups[image]!];
    if (!(number >= 0 && number < names.classes.length))
      throw badLabel(path, 0, number, names.classes.length);
    if (!(group >= 0 && group < names.groups.length)) throw badLabel(path, 0, group, names.groups.length);
    const before = groupOf.get(number) ?? group;
    if (before !== group)
      throw wrongClass(path, `class ${number} is of group ${before} and of group ${group}`, {
        class: number,
      });
    groupOf.set(number, group);
  }
  const groupName = (number: number) => names.groups[groupOf.get(number)!]!;
  const whole = (number: number) => `${groupName(number)}/${names.classes[number]}`;
  const times = new Map<string, number>();
  for (const number of groupOf.keys()) times.set(whole(number), (times.get(whole(number)) ?? 0) + 1);
  const { classes, labels, numbers } = classesOfNumbers(of.classes, (number) =>
    times.get(whole(number)) === 1 ? whole(number) : `${whole(number)} (${number})`,
  );
  return { classes, labels, groups: numbers.map(groupName) };
}

function wrongClass(path: string, message: string, data: Record<string, unknown>) {
  const hint = 'the file is damaged, or its labels are of other images';
  return badFile('DATASET_BAD_LABEL', path, 0, message, data, hint);
}
