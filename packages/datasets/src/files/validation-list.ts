// Classes of ImageNet's validation images where these lie in one folder: whichever of the usual lists is there.

import { NeusimError } from '@neusim/registry';
import { listedFiles } from './listed-files';
import { badRow, parseCsv, parseLines, type Row, readRows } from './rows';
import { isImageName, type LabelledFile, type Tree } from './tree';

/** Kaggle's: ImageId,PredictionString with `n03995372 85 1 499 272` and more boxes. */
const KAGGLE = 'LOC_val_solution.csv';
/** A name and a class a line: an id, or its place among the sorted ids, from 0 (Caffe's). */
const PAIRS = ['val.txt'];
/** One id a line, in the order of the images' names (TensorFlow's, and our own name for such a list). */
const IDS = ['imagenet_2012_validation_synset_labels.txt', 'val_ground_truth.txt'];
/** Of the developers' kit: numbers that only its meta.mat explains. */
const NUMBERS = 'ILSVRC2012_validation_ground_truth.txt';

/**
 * @param folder real path of the images' folder.
 * @param lists folders where a list may be.
 * @param all ids there are, sorted; `classes` are those used.
 * @throws NeusimError `DATASET_NO_LABELS`, `DATASET_BAD_ROW`, `DATASET_BAD_COUNT`, `DATASET_UNSAFE_PATH`
 */
export async function listedValidation(
  tree: Tree,
  folder: string,
  lists: readonly string[],
  all: readonly string[],
  classes: readonly string[],
): Promise<LabelledFile[]> {
  const { platform } = tree;
  const find = async (names: readonly string[]) => {
    for (const name of names)
      for (const at of lists) {
        const path = platform.joinPath(at, name);
        if (await platform.exists(path)) return path;
      }
    return undefined;
  };
  const list = await find([KAGGLE, ...PAIRS, ...IDS]);
  if (list === undefined) throw noLabels(folder, await find([NUMBERS]));
  const names = (await platform.listEntries(folder))
    .filter(({ name, isFolder }) => !isFolder && isImageName(name))
    .map(({ name }) => name);
  const labels = new Map(classes.map((id, label) => [id, label]));
  const known = new Set(all);
  const listed = listedFiles(tree, folder);
  const files: LabelledFile[] = [];
  for (const { name, id, line } of await readList(tree, list, names)) {
    const own = known.has(id) ? id : /^\d+$/.test(id) ? all[Number(id)] : undefined;
    if (own === undefined) throw badRow(list, line, `"${id}" is no class there are images to train on of`);
    const label = labels.get(own);
    if (label !== undefined) files.push({ path: await listed.find(name, list, line), label });
  }
  return files;
}

interface Entry {
  readonly name: string;
  readonly id: string;
  readonly line: number;
}

async function readList(tree: Tree, list: string, names: readonly string[]): Promise<Entry[]> {
  const text = await readRows(tree.platform, list);
  if (list.endsWith(KAGGLE)) return kaggle(parseCsv(list, text), names);
  const rows = parseLines(text);
  if (PAIRS.some((name) => list.endsWith(name))) {
    return rows.map(({ line, fields: [name = '', id] }) => {
      if (id === undefined) throw badRow(list, line, 'no class behind the name of the image');
      return { name, id, line };
    });
  }
  if (rows.length !== names.length)
    throw new NeusimError(
      'DATASET_BAD_COUNT',
      `${list} has ${rows.length} lines for ${names.length} images`,
      {
        data: { file: list, lines: rows.length, images: names.length },
        hint: 'the list names the class of every image, in the order of their names',
      },
    );
  return rows.map(({ line, fields: [id = ''] }, index) => ({ name: names[index] as string, id, line }));
}

/** Its names are without their endings. */
function kaggle([, ...rows]: readonly Row[], names: readonly string[]): Entry[] {
  const whole = new Map(names.map((name) => [name.replace(/\.[^.]+$/, ''), name]));
  return rows.map(({ line, fields: [image = '', boxes = ''] }) => {
    const id = boxes.trim().split(/\s+/)[0] ?? '';
    return { name: whole.get(image) ?? image, id, line };
  });
}

function noLabels(folder: string, numbers: string | undefined) {
  const why = numbers ? `; the numbers in ${numbers} are explained by meta.mat alone, which is not read` : '';
  return new NeusimError('DATASET_NO_LABELS', `nothing tells the classes of the images in ${folder}${why}`, {
    data: { folder, looked: [KAGGLE, ...PAIRS, ...IDS], numbers },
    hint: `put ${KAGGLE} or ${IDS[0]} beside the folder, or the images into a folder for each class`,
  });
}
