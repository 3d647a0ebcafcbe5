// IDX, the format of MNIST and of the sets that took its place (Fashion-MNIST, KMNIST, EMNIST): a big-endian
// header (two zero bytes, the type, the number of dimensions, each dimension as 32 bits), then the bytes.
// http://yann.lecun.com/exdb/mnist. Files may be gzipped; offsets in errors count unpacked bytes.

import { define, NeusimError } from '@neusim/registry';
import * as v from 'valibot';
import { badFile, badLabel } from './errors';
import { detected, findFolder, lookFor } from './folder';
import { type Limit, limitSchema } from './options';
import { firstImages } from './split';
import type { DatasetFiles, DatasetSource, MemorySplit } from './types';

/** No data set in this format comes near it; more is taken for a gzip bomb. */
const MAX_BYTES = 2 ** 30;

const UNSIGNED_BYTE = 8;

interface IdxFile {
  /** With `.gz` where it was packed. */
  readonly path: string;
  readonly dimensions: readonly number[];
  readonly values: Uint8Array;
}

/**
 * Parses one IDX file of unsigned bytes; `path` names it in errors.
 * @throws NeusimError `DATASET_BAD_MAGIC`, `DATASET_SHORT_FILE`, `DATASET_LONG_FILE`
 */
export function parseIdx(path: string, bytes: Uint8Array, rank: number): IdxFile {
  const header = 4 + 4 * rank;
  const short = (wanted: number) =>
    badFile('DATASET_SHORT_FILE', path, bytes.length, `the file ends here; ${wanted} bytes are wanted`, {
      bytes: bytes.length,
      wanted,
    });
  if (bytes.length < 4) throw short(header);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  const expected = UNSIGNED_BYTE * 256 + rank;
  if (magic !== expected) {
    throw badFile('DATASET_BAD_MAGIC', path, 0, `magic number ${magic}; wanted ${expected}`, {
      magic,
      expected,
    });
  }
  if (bytes.length < header) throw short(header);
  const dimensions = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const wanted = dimensions.reduce((product, size) => product * size, 1) + header;
  if (bytes.length < wanted) throw short(wanted);
  if (bytes.length > wanted) {
    const message = `the file goes on for ${bytes.length - wanted} bytes after its last value`;
    throw badFile('DATASET_LONG_FILE', path, wanted, message, { bytes: bytes.length, wanted });
  }
  return { path, dimensions, values: bytes.subarray(header) };
}

async function readIdx(files: DatasetFiles, path: string, rank: number): Promise<IdxFile> {
  if (await files.exists(path)) return parseIdx(path, await files.readFile(path, MAX_BYTES), rank);
  const packed = await files.readFile(`${path}.gz`, MAX_BYTES);
  try {
    return parseIdx(`${path}.gz`, await files.gunzip(packed, MAX_BYTES), rank);
  } catch (cause) {
    if (!(cause instanceof NeusimError) || 'file' in cause.data) throw cause;
    const message = `${path}.gz: ${cause.message}`;
    throw new NeusimError(cause.code, message, {
      data: { ...cause.data, file: `${path}.gz` },
      hint: cause.hint,
      cause,
    });
  }
}

async function readSplit(
  files: DatasetFiles,
  folder: string,
  prefix: string,
  classes: number,
): Promise<MemorySplit> {
  const images = await readIdx(files, files.joinPath(folder, `${prefix}-images-idx3-ubyte`), 3);
  const labels = await readIdx(files, files.joinPath(folder, `${prefix}-labels-idx1-ubyte`), 1);
  const [count = 0, height = 0, width = 0] = images.dimensions;
  if (count * height * width === 0) {
    throw badFile('DATASET_BAD_SHAPE', images.path, 4, `${count} images of ${height}×${width}`, {
      shape: images.dimensions,
    });
  }
  if (labels.dimensions[0] !== count) {
    const message = `${labels.dimensions[0]} labels for the ${count} images of ${images.path}`;
    throw badFile('DATASET_BAD_COUNT', labels.path, 4, message, {
      labels: labels.dimensions[0],
      images: count,
    });
  }
  const bad = labels.values.findIndex((label) => label >= classes);
  if (bad >= 0) throw badLabel(labels.path, 8 + bad, labels.values[bad]!, classes);
  return { count, shape: [height, width, 1], images: images.values, labels: Int32Array.from(labels.values) };
}

/** How one data set in this format is called, and what its labels mean. */
export interface IdxNames {
  /** Its folder may also be a subfolder of that name. */
  readonly name: string;
  /** In the order of the labels. */
  readonly classes: readonly string[];
  /** Whether files of these names may be of other data sets: `DatasetSource.detect`. */
  readonly isGuess?: boolean;
}

/** Opens a data set whose definition has `limit` alone, or more, as options. */
export function idxSource(
  { name, classes, isGuess }: IdxNames,
  limit: Limit,
): DatasetSource<MemorySplit, DatasetFiles> {
  const first = 'train-images-idx3-ubyte';
  const markers = [first, `${first}.gz`];
  return {
    detect: async (files, folder) => detected(await lookFor(files, folder, [name], markers), isGuess),
    async open(files, folder) {
      const at = await findFolder(files, name, folder, [name], markers);
      const train = await readSplit(files, at, 'train', classes.length);
      const test = await readSplit(files, at, 't10k', classes.length);
      if (test.shape[0] !== train.shape[0] || test.shape[1] !== train.shape[1]) {
        const path = files.joinPath(at, 't10k-images-idx3-ubyte');
        const message = `images of [${test.shape}], for training [${train.shape}]`;
        throw badFile('DATASET_BAD_SHAPE', path, 8, message, { shape: test.shape, wanted: train.shape });
      }
      return {
        name,
        shape: train.shape,
        classes,
        train: firstImages(train, limit.train),
        test: firstImages(test, limit.test),
      };
    },
  };
}

const options = v.strictObject({
  limit: limitSchema,
  /** The data set's name; its folder may also be a subfolder of that name. */
  name: v.optional(v.pipe(v.string(), v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-kebab')), 'mnist'),
  /** Names of the classes, in the order of the labels. */
  classes: v.optional(v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(256)), [...'0123456789']),
});

/** Any grey data set in MNIST's four files, plain or gzipped. */
export const idx = define({
  kind: 'dataset',
  name: 'idx',
  version: '1.0.0',
  summary: 'MNIST and its likes: four IDX files, plain or .gz',
  options,
  load:
    () =>
    ({ limit, name, classes }) =>
      idxSource({ name, classes, isGuess: true }, limit),
});
