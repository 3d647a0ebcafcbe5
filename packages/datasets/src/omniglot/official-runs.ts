// The 20 one-shot runs of Lake et al. 2015: a run has 20 characters of one alphabet, drawn by one person, to learn from,
// and the same characters drawn by another to be told. `all_runs.zip` as published, or unpacked:
// run01/training/class01.png, run01/test/item01.png and run01/class_labels.txt, which says whose image an item is.

import { NeusimError, parseSchema } from '@neusim/registry';
import * as v from 'valibot';
import { archiveTooLarge } from '../archive/errors';
import { openZip } from '../archive/zip';
import type { NamedPool } from '../episodes/pool';
import type { Episode } from '../episodes/types';
import { badRow, parseLines } from '../files/rows';
import { follow, openTree } from '../files/tree';
import { type EncodedImage, imageEntries } from '../store/encoded';
import { openEncodedPool } from '../store/open-pool';
import type { DatasetPlatform, OpenOptions } from '../types';

const NAME = 'omniglot-runs';
const VERSION = '1.0.0';
const RUNS = 20;
const WAY = 20;
const ARCHIVE = 'all_runs.zip';
const LABELS = 'class_labels.txt';
/** Of one file of the archive: a drawing is of some hundred bytes. */
const MAX_BYTES = 2 ** 20;

/** Alphabets of Omniglot's evaluation set, of whose characters the official runs are. */
export const evaluationAlphabets: readonly string[] = [
  'Angelic',
  'Atemayar_Qelisayer',
  'Atlantean',
  'Aurek-Besh',
  'Avesta',
  'Ge_ez',
  'Glagolitic',
  'Gurmukhi',
  'Kannada',
  'Keble',
  'Malayalam',
  'Manipuri',
  'Mongolian',
  'Old_Church_Slavonic_(Cyrillic)',
  'Oriya',
  'Sylheti',
  'Syriac_(Serto)',
  'Tengwar',
  'Tibetan',
  'ULOG',
];

const imageOptions = v.strictObject(imageEntries(28, 1));
/** What the drawings are brought to: `size`, `channels`, `fit` and so on, as every reader of images has them. */
export type RunImageOptions = v.InferInput<typeof imageOptions>;

/** One pool of all runs' images, and a task of each run. */
export interface OfficialRuns {
  /** 400 classes, `run01/class01` …, of two images each; a class's group is its run. */
  readonly pool: NamedPool;
  /** 20 tasks of 20 classes: one image of each to learn from, and one to be told. */
  readonly episodes: readonly Episode[];
}

/** The files, wherever they lie. */
interface Files {
  readonly folder: string;
  image(path: string, label: number): Promise<EncodedImage>;
  text(path: string): Promise<string>;
  close(): Promise<void>;
}

/**
 * Reads the official runs. Close the pool when it is no longer read.
 * @param path `all_runs.zip`; a folder with it; or a folder with run01 … run20, or with `all_runs` that has them
 * @param options of images; by default 28×28, grey, as the data set `omniglot`
 * @throws NeusimError `CONFIG_INVALID`, `DATASET_NOT_FOUND`, `DATASET_BAD_ROW`, `DATASET_BAD_IMAGE`, `DATASET_UNSAFE_PATH`, `ARCHIVE_…` and
 *   `DATASET_CACHE_…`
 */
export async function openOfficialRuns(
  platform: DatasetPlatform,
  path: string,
  options: RunImageOptions = {},
  open: OpenOptions = {},
): Promise<OfficialRuns> {
  const image = parseSchema(imageOptions, options, NAME);
  const files = await findFiles(platform, path, open);
  try {
    const classes: string[] = [];
    const groups: string[] = [];
    const images: EncodedImage[] = [];
    const episodes: Episode[] = [];
    for (let number = 1; number <= RUNS; number++) {
      const run = `run${two(number)}`;
      const itemOf = readLabels(`${run}/${LABELS}`, await files.text(`${run}/${LABELS}`), run);
      const first = (number - 1) * WAY;
      for (let place = 0; place < WAY; place++) {
        const name = `class${two(place + 1)}`;
        classes.push(`${run}/${name}`);
        groups.push(run);
        images.push(await files.image(`${run}/training/${name}.png`, first + place));
        images.push(await files.image(`${run}/test/item${two(itemOf[place]!)}.png`, first + place));
      }
      const own = (offset: number) => Uint32Array.from({ length: WAY }, (_, i) => 2 * (first + i) + offset);
      episodes.push({
        classes: Uint32Array.from({ length: WAY }, (_, i) => first + i),
        support: own(0),
        query: own(1),
      });
    }
    // An image that is left out would leave a task without it.
    const whole = { ...image, skipCorrupt: false };
    const encoded = { name: NAME, version: VERSION, classes, groups, images };
    return { pool: await openEncodedPool(platform, encoded, whole, open), episodes };
  } finally {
    await files.close();
  }
}

const two = (number: number) => String(number).padStart(2, '0');

/** Of each training class, 1..20, the item of the same character. */
function readLabels(file: string, text: string, run: string): number[] {
  const line = new RegExp(`^${run}/test/item(\\d\\d)\\.png ${run}/training/class(\\d\\d)\\.png$`);
  const items: number[] = [];
  for (const { line: number, fields } of parseLines(text)) {
    const [, item, name] = line.exec(fields.join(' ')) ?? [];
    const [of, place] = [Number(item), Number(name) - 1];
    if (!(of >= 1 && of <= WAY && place >= 0 && place < WAY))
      throw badRow(file, number, `wanted: ${run}/test/itemNN.png ${run}/training/classNN.png`);
    if (items[place] !== undefined || items.includes(of))
      throw badRow(file, number, 'an item or a class comes twice');
    items[place] = of;
  }
  for (let place = 0; place < WAY; place++)
    if (items[place] === undefined) throw badRow(file, 1, `no item is of class${two(place + 1)}`);
  return items;
}

async function findFiles(platform: DatasetPlatform, path: string, open: OpenOptions): Promise<Files> {
  const { exists, joinPath } = platform;
  if (path.endsWith('.zip')) return zippedFiles(platform, path, open);
  for (const folder of [path, joinPath(path, 'all_runs'), joinPath(path, 'omniglot')]) {
    if (await exists(joinPath(folder, 'run01'))) return folderFiles(platform, folder, open);
    if (await exists(joinPath(folder, ARCHIVE)))
      return zippedFiles(platform, joinPath(folder, ARCHIVE), open);
  }
  throw notFound(path, `${ARCHIVE}, or run01/ to run20/`);
}

function notFound(folder: string, what: string) {
  return new NeusimError('DATASET_NOT_FOUND', `${folder} has no ${what}`, {
    data: { dataset: NAME, looked: [folder] },
    hint: `fetch ${ARCHIVE} of https://github.com/brendenlake/omniglot, and give its path or its folder`,
  });
}

async function folderFiles(platform: DatasetPlatform, folder: string, open: OpenOptions): Promise<Files> {
  const tree = await openTree(platform, folder, 1, open);
  const find = async (path: string) => {
    const at = platform.joinPath(tree.root, ...path.split('/'));
    if (!(await platform.exists(at))) throw notFound(folder, path);
    return follow(tree, at);
  };
  return {
    folder,
    async image(path, label) {
      const name = await find(path);
      const { size, modified } = await platform.stat(name);
      return { label, name, version: `${size} ${modified}`, read: () => platform.readFile(name, MAX_BYTES) };
    },
    text: async (path) => platform.readText(await find(path), MAX_BYTES),
    close: async () => {},
  };
}

async function zippedFiles(platform: DatasetPlatform, path: string, open: OpenOptions): Promise<Files> {
  const { size, modified } = await platform.stat(path);
  const zip = await openZip(platform, path, { signal: open.signal });
  const entries = new Map(zip.entries.map((entry) => [entry.name.replace(/^all_runs\//, ''), entry]));
  const bytesOf = async (name: string) => {
    const entry = entries.get(name);
    if (!entry) throw notFound(path, name);
    if (entry.size > MAX_BYTES) throw archiveTooLarge(path, name, entry.size, MAX_BYTES);
    const bytes = new Uint8Array(entry.size);
    let at = 0;
    for await (const piece of entry.open()) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  };
  return {
    folder: path,
    async image(name, label) {
      if (!entries.has(name)) throw notFound(path, name);
      return { label, name: `${path}/${name}`, version: `${size} ${modified}`, read: () => bytesOf(name) };
    },
    text: async (name) => new TextDecoder().decode(await bytesOf(name)),
    close: zip.close,
  };
}
