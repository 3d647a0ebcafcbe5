// Data sets: damaged files opened as `neusim train` opens them.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Dataset } from '@neusim/datasets';
import {
  cifar10,
  extractArchive,
  featurePool,
  idx,
  miniImagenet,
  npz,
  parquet,
  readFeatures,
  readImages,
  writeFeatures,
} from '@neusim/datasets';
import * as platform from '@neusim/platform';
import { createRegistry, plugin } from '@neusim/registry';
import { unzipSync, zipSync } from 'fflate';
import { makeTar, text } from '../../packages/datasets/src/archive/make-tar.fixture';
import { csvImages } from '../../packages/datasets/src/csv-images';
import { makeNpy } from '../../packages/datasets/src/npy/arrays.fixture';
import { greyPng, makeParquet } from '../../packages/datasets/src/parquet/parquet.fixture';
import { pickleOf } from '../../packages/datasets/src/pickle/pickle.fixture';
import golden from '../golden/pickles.json' with { type: 'json' };
import { demand, type Format } from './format';

const registry = createRegistry(
  plugin('fuzz', '1.0.0', [cifar10, csvImages, idx, miniImagenet, npz, parquet]),
);
const MEMORY = 2 ** 24;
const MAX_BYTES = 2 ** 20;

/** Every image is read once, every label looked at. */
async function whole({ shape, classes, train, test }: Dataset): Promise<void> {
  for (const split of [train, test]) {
    demand(String(split.shape) === String(shape), `a split of [${split.shape}] in a set of [${shape}]`);
    demand(split.count === split.labels.length, `${split.labels.length} labels for ${split.count} images`);
    demand(
      split.labels.every((label) => label >= 0 && label < classes.length),
      `a label of ${classes.length}`,
    );
    const bytes = await readImages(
      split,
      Uint32Array.from({ length: split.count }, (_, i) => i),
    );
    demand(bytes.length === split.count * shape[0] * shape[1] * shape[2], `${bytes.length} bytes of images`);
  }
}

const noise = (length: number, from = 0) => Uint8Array.from({ length }, (_, i) => (i * 31 + from) % 251);
const names = (count: number) => text(Array.from({ length: count }, (_, i) => `class${i}`).join('\n'));

const cifarTest = Uint8Array.of(3, ...noise(3072), 9, ...noise(3072, 7));
const cifarFiles = {
  'batches.meta.txt': names(10),
  ...Object.fromEntries([1, 2, 3, 4, 5].map((k) => [`data_batch_${k}.bin`, cifarTest.subarray(0, 3073)])),
};

export const cifar: Format = {
  seeds: async () => [{ bytes: cifarTest }, { bytes: cifarTest.subarray(0, 3073) }],
  async read(bytes, folder) {
    for (const [name, file] of Object.entries({ ...cifarFiles, 'test_batch.bin': bytes }))
      await writeFile(join(folder, name), file);
    await whole(await registry.make('dataset', 'cifar-10', { subset: true }).open(platform, folder));
  },
};

const idxHeader = (...sizes: number[]) => [
  0,
  0,
  8,
  sizes.length,
  ...sizes.flatMap((size) => [0, 0, 0, size]),
];
const idxImages = Uint8Array.of(...idxHeader(6, 3, 4), ...noise(72));
const idxLabels = Uint8Array.of(...idxHeader(6), 0, 1, 2, 0, 1, 2);

const idxFormat = (gzipped: boolean): Format => ({
  seeds: async () => [
    { bytes: idxImages, ...(gzipped && { wrap: (bytes: Uint8Array) => gzipSync(bytes) }) },
    { bytes: gzipped ? new Uint8Array(gzipSync(idxImages)) : idxImages },
  ],
  async read(bytes, folder) {
    const file = (split: string, kind: string) => join(folder, `${split}-${kind}-ubyte`);
    await writeFile(file('train', 'labels-idx1'), idxLabels);
    await writeFile(file('t10k', 'images-idx3'), idxImages);
    await writeFile(file('t10k', 'labels-idx1'), idxLabels);
    await writeFile(`${file('train', 'images-idx3')}${gzipped ? '.gz' : ''}`, bytes);
    await whole(await registry.make('dataset', 'idx').open(platform, folder));
  },
});
export const idxPlain = idxFormat(false);
export const idxGz = idxFormat(true);

/** With checksums that fit, as far as there are headers. */
function withTarSums(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  for (let at = 0; at + 512 <= copy.length; at += 512) {
    const header = copy.subarray(at, at + 512);
    if (new TextDecoder().decode(header.subarray(257, 262)) !== 'ustar') continue;
    header.fill(32, 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.set(text(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  }
  return copy;
}

export const tar: Format = {
  async seeds() {
    const bytes = await makeTar([
      [{ name: 'set/', type: 'directory' }, text('')],
      [`set/${'long-'.repeat(40)}name`, noise(700)],
      [{ name: 'b', pax: { comment: 'x' } }, text('b')],
    ]);
    const wrap = withTarSums;
    return [{ bytes, wrap }, { bytes }, { bytes, wrap: (inner) => gzipSync(withTarSums(inner)) }];
  },
  async read(bytes, folder) {
    const path = join(folder, 'a.tar');
    await writeFile(path, bytes);
    await extracts(path);
  },
};

export const tarGz: Format = {
  async seeds() {
    const bytes = await makeTar(
      Object.entries({ ...cifarFiles, 'test_batch.bin': cifarTest }).map(([name, body]) => [
        `cifar-10-batches-bin/${name}`,
        body,
      ]),
    );
    return [
      { bytes, wrap: (inner) => gzipSync(withTarSums(inner)) },
      { bytes: new Uint8Array(gzipSync(bytes)) },
    ];
  },
  async read(bytes, folder) {
    const path = join(folder, 'cifar-10-binary.tar.gz');
    await writeFile(path, bytes);
    await whole(await registry.make('dataset', 'cifar-10', { subset: true }).open(platform, path));
  },
};

/** Counts what an archive gives, twice: entry by entry, and into a folder. */
async function extracts(path: string): Promise<void> {
  let given = 0;
  const { bytes } = await extractArchive(platform, path, {
    maxBytes: MAX_BYTES,
    maxEntries: 1000,
    onEntry: async (entry) => {
      given += (await entry.bytes()).length;
      demand(!entry.name.split('/').includes('..') && !entry.name.startsWith('/'), entry.name);
    },
  });
  demand(bytes === given && bytes <= MAX_BYTES, `${bytes} bytes told, ${given} given`);
  await extractArchive(platform, path, {
    maxBytes: MAX_BYTES,
    maxEntries: 1000,
    into: join(path, '..', 'unpacked'),
  });
}

const zipped = (files: Record<string, Uint8Array>, level: 0 | 6) =>
  new Uint8Array(zipSync(files, { level, mtime: new Date(1980, 1, 1) }));

export const zip: Format = {
  seeds: async () =>
    ([0, 6] as const).map((level) => ({
      bytes: zipped({ 'set/a.bin': noise(900), 'b.txt': text('b') }, level),
    })),
  async read(bytes, folder) {
    const path = join(folder, 'a.zip');
    await writeFile(path, bytes);
    await extracts(path);
  },
};

const kerasArrays = (descr: string, fortran = false) => {
  const values = Array.from({ length: 60 }, (_, i) => (descr.includes('f') ? i / 60 : i));
  return {
    'x_train.npy': makeNpy([5, 3, 4], values, { descr, fortran }),
    'y_train.npy': makeNpy([5], [0, 1, 2, 1, 0], { descr: '<i8' }),
    'x_test.npy': makeNpy([5, 3, 4], values, { descr, fortran }),
    'y_test.npy': makeNpy([5, 1], [0, 1, 2, 1, 0]),
  };
};

export const npzFormat: Format = {
  async seeds() {
    const packed = ([0, 6] as const).map((level) => ({ bytes: zipped(kerasArrays('|u1'), level) }));
    const arrays = ['|u1', '>f8'].map((descr) => kerasArrays(descr));
    const inner = arrays.map((of) => ({
      bytes: of['x_train.npy'],
      wrap: (bytes: Uint8Array) => zipped({ ...of, 'x_train.npy': bytes }, 6),
    }));
    return [...packed, ...inner];
  },
  async read(bytes, folder) {
    const path = join(folder, 'a.npz');
    await writeFile(path, bytes);
    await whole(await registry.make('dataset', 'npz').open(platform, path, { memory: MEMORY }));
  },
};

export const npy: Format = {
  seeds: async () =>
    (['|u1', '<f4', '>i8', '<i2'] as const).map((descr, index) => ({
      bytes: kerasArrays(descr, index % 2 === 0)['x_train.npy'],
    })),
  async read(bytes, folder) {
    for (const [name, file] of Object.entries({ ...kerasArrays('|u1'), 'x_train.npy': bytes }))
      await writeFile(join(folder, name), file);
    await whole(await registry.make('dataset', 'npz').open(platform, folder, { memory: MEMORY }));
  },
};

const FEATURES = { count: 6, shape: [1, 1, 1] as const, classes: ['a', 'bé', 'c'] };

/** The text of classes, the features and the labels, one of them damaged; and the archive around them. */
export const features: Format = {
  async seeds() {
    const labels = Int32Array.of(0, 1, 2, 2, 1, 0);
    const pool = { ...FEATURES, labels, images: new Uint8Array(6) };
    const files = new Map<string, Uint8Array>();
    const kept = {
      writeAtomic: async (path: string, data: Uint8Array | string) =>
        void files.set(path, data as Uint8Array),
    };
    await writeFeatures(
      kept,
      'a.npz',
      featurePool(
        pool,
        Float32Array.from({ length: 24 }, (_, i) => i / 7),
      ),
    );
    const bytes = files.get('a.npz') as Uint8Array;
    const arrays = unzipSync(bytes);
    const inner = Object.entries(arrays).map(([name, of]) => ({
      bytes: of,
      wrap: (damaged: Uint8Array) => zipped({ ...arrays, [name]: damaged }, 0),
    }));
    return [{ bytes }, ...inner];
  },
  async read(bytes, folder) {
    const path = join(folder, 'a.npz');
    await writeFile(path, bytes);
    const { count, shape, images, labels, classes } = await readFeatures(
      platform,
      path,
      {},
      { memory: MEMORY },
    );
    demand(images.length === count * shape[2], `${images.length} values of ${count} features of ${shape[2]}`);
    demand(labels.length === count, `${labels.length} labels for ${count} features`);
    demand(images.every(Number.isFinite), 'a value that is not finite');
    demand(
      labels.every((label) => label >= 0 && label < classes.length),
      `a label of ${classes.length}`,
    );
  },
};

export const parquetFormat: Format = {
  async seeds() {
    const rows = Array.from({ length: 10 }, (_, i) => [greyPng(i), i % 2] as const);
    const same = rows.map(([, label]) => [greyPng(1), label === 0 ? 'cat' : 'dog'] as const);
    return [
      { bytes: makeParquet(rows, { codec: 'UNCOMPRESSED', rowGroupSize: 4, names: ['a', 'b'] }) },
      { bytes: makeParquet(rows, { codec: 'SNAPPY', rowGroupSize: 10 }) },
      { bytes: makeParquet(rows, { codec: 'GZIP', rowGroupSize: 4 }) },
      { bytes: makeParquet(same, { codec: 'UNCOMPRESSED', rowGroupSize: 10 }) },
    ];
  },
  async read(bytes, folder) {
    const path = join(folder, 'a.parquet');
    await writeFile(path, bytes);
    const source = registry.make('dataset', 'parquet', { size: 4, maxPixels: 2 ** 16 });
    await whole(await source.open(platform, path, { cache: false, memory: MEMORY }));
  },
};

const pickledImages = (count: number) => ({ shape: [count, 4, 4, 3], values: noise(count * 48) });
const evenAndOdd = (count: number) =>
  [0, 1].map((odd) => Array.from({ length: count / 2 }, (_, i) => 2 * i + odd));

export const pickle: Format = {
  async seeds() {
    const written = golden.cases
      .filter(({ of }) => of === 'a cache of images')
      .map(({ base64 }) => ({ bytes: new Uint8Array(Buffer.from(base64, 'base64')) }));
    const [a, b] = evenAndOdd(24);
    return [
      ...written,
      // More than is held: read where it lies.
      { bytes: pickleOf({ image_data: pickledImages(24), class_dict: { a, b } }) },
      { bytes: pickleOf({ data: pickledImages(4), labels: { shape: [4], values: [5, 9, 5, 9] } }) },
      {
        bytes: pickleOf({
          data: [0, 1, 2].map(() => ({ shape: [4, 4, 3], values: noise(48) })),
          labels: [0, 1, 0],
        }),
      },
    ];
  },
  async read(bytes, folder) {
    await writeFile(join(folder, 'mini-imagenet-cache-train.pkl'), bytes);
    await registry.ready();
    const source = registry.make('dataset', 'mini-imagenet', { size: 4, testShare: 0.5 });
    for (const memory of [0, MEMORY]) {
      const dataset = await source.open(platform, folder, { cache: false, memory });
      await whole(dataset).finally(() => dataset.close?.());
    }
  },
};

export const csv: Format = {
  async seeds() {
    const lines = Array.from({ length: 4 }, (_, i) => `n0${i}.png,class${i % 2}`);
    return [
      { bytes: text(['filename,label', ...lines, ''].join('\n')) },
      {
        bytes: text(
          `\uFEFFfilename,label\r\n"n00.png","class, 0"\r\nn01.png,"class ""1"""\r\nn02.png,"class, 0"\r\n`,
        ),
      },
    ];
  },
  async read(bytes, folder) {
    await mkdir(join(folder, 'images'));
    for (let i = 0; i < 4; i++) await writeFile(join(folder, 'images', `n0${i}.png`), greyPng(i));
    await writeFile(join(folder, 'train.csv'), bytes);
    const source = registry.make('dataset', 'csv-images', {
      split: 'seeded',
      test: 0.5,
      size: 4,
      lists: ['train.csv'],
    });
    await whole(await source.open(platform, folder, { cache: false, memory: MEMORY }));
  },
};
