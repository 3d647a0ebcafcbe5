// Image sets of Hugging Face in Parquet files: a column of encoded images, and one of labels, numbers or names. Files are
// read a row group at a time.

import { define, NeusimError } from '@neusim/registry';
import * as v from 'valibot';
import { divide, evenly, splitEntries } from './files/choose';
import { limitSchema } from './options';
import { findParquetFiles } from './parquet/find-files';
import { type Row, rowReader } from './parquet/rows';
import { type EncodedImage, imageEntries } from './store/encoded';
import { openEncoded } from './store/open-encoded';
import type { DatasetPlatform, DatasetSource, OpenOptions } from './types';

const NAME = 'parquet';
const VERSION = '1.0.0';
/** More classes than this are no labels, but values of another kind. */
const MOST_CLASSES = 65_536;

const options = v.strictObject({
  ...imageEntries(32),
  ...splitEntries,
  limit: limitSchema,
  /** The column of images; default: `image` or `img`, or the one that the file says holds images. */
  image: v.optional(v.string()),
  /** The column of labels; default: `label`, `fine_label`, …, or the one that the file says holds classes. */
  label: v.optional(v.string()),
});

type Options = v.InferOutput<typeof options>;

/** Encoded images in Parquet files. */
export const parquet = define({
  kind: 'dataset',
  name: NAME,
  version: VERSION,
  summary: "Hugging Face's image sets in Parquet files",
  options,
  load:
    () =>
    (given): DatasetSource => ({
      async detect(platform, folder) {
        // Throws where there are none, which is taken for "no".
        await findParquetFiles(platform, folder);
        return { folder };
      },
      async open(platform, folder, open) {
        const { classes, train, test } = await list(platform, folder, given, open);
        const parts = test ? { train, test } : divide(train, given);
        const listed = {
          name: NAME,
          version: VERSION,
          classes,
          train: evenly(parts.train, given.limit.train),
          test: evenly(parts.test, given.limit.test),
        };
        return openEncoded(platform, listed, given, open);
      },
    }),
});

interface Listed {
  readonly classes: readonly string[];
  readonly train: readonly EncodedImage[];
  readonly test: readonly EncodedImage[] | undefined;
}

async function list(
  platform: DatasetPlatform,
  folder: string | undefined,
  given: Options,
  { signal, onProgress }: OpenOptions = {},
): Promise<Listed> {
  const files = await findParquetFiles(platform, folder);
  const read = rowReader(platform);
  const total = files.train.length + files.test.length;
  let told: readonly string[] | undefined;
  let done = 0;
  const rowsOf = async (paths: readonly string[]) => {
    const all: Row[] = [];
    for (const path of paths) {
      const { rows, classes } = await read(path, given, signal);
      for (const row of rows) all.push(row);
      if (told && classes && String(told) !== String(classes)) throw otherNames(path, told, classes);
      told ??= classes;
      onProgress?.({ phase: 'listing', done: ++done, total });
    }
    return all;
  };
  const train = await rowsOf(files.train);
  const test = await rowsOf(files.test);
  const classes = told ?? classesMet(train);
  const places = new Map(classes.map((name, index) => [name, index]));
  const labelled = (rows: readonly Row[]) =>
    rows.map((row) => ({ ...row, label: place(row, classes, places) }));
  return { classes, train: labelled(train), test: test.length > 0 ? labelled(test) : undefined };
}

/** Labels are numbers: under other names they would be other classes. */
function otherNames(file: string, wanted: readonly string[], met: readonly string[]): NeusimError {
  const at = wanted.findIndex((name, index) => name !== met[index]);
  const index = at < 0 ? wanted.length : at;
  return new NeusimError(
    'DATASET_BAD_NAMES',
    `${file} calls class ${index} ${JSON.stringify(met[index] ?? null)}, the files before it ${JSON.stringify(wanted[index] ?? null)}`,
    {
      data: { file, index, met: met[index], wanted: wanted[index] },
      hint: 'the files are of different data sets: keep those of one in the folder',
    },
  );
}

/** Names in their order, or the numbers up to the largest. */
function classesMet(rows: readonly Row[]): string[] {
  if (rows.some(({ label }) => typeof label === 'string'))
    return [...new Set(rows.map(({ label }) => String(label)))].sort();
  const largest = rows.reduce((most, { label }) => Math.max(most, label as number), 0);
  return Array.from({ length: Math.min(largest + 1, MOST_CLASSES) }, (_, index) => String(index));
}

/** @throws NeusimError `DATASET_BAD_LABEL` */
function place(
  { label, name }: Row,
  classes: readonly string[],
  places: ReadonlyMap<string, number>,
): number {
  const found =
    typeof label === 'string' ? places.get(label) : classes[label] === undefined ? undefined : label;
  if (found !== undefined) return found;
  throw new NeusimError(
    'DATASET_BAD_LABEL',
    `${name}: label ${JSON.stringify(label)}; there are ${classes.length} classes`,
    {
      data: { file: name, label, classes: classes.length },
      hint: 'the file is damaged, or the test images have classes that the training images lack',
    },
  );
}
