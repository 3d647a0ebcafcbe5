import { gzipSync } from 'node:zlib';
import { createRegistry } from '@neusim/registry';
import { describe, expect, test } from 'vitest';
import { makeTar, makeTarGz, type TarPart } from './archive/make-tar.fixture';
import datasets from './index';
import { memoryFiles } from './memory-files.fixture';

const registry = createRegistry(datasets);
const names = (count: number) =>
  new TextEncoder().encode(Array.from({ length: count }, (_, i) => `class${i}\n`).join(''));
const record = (...label: number[]) => Uint8Array.of(...label, ...new Uint8Array(3072).fill(label[0]!));

const ten: TarPart[] = [
  [{ name: 'cifar-10-batches-bin/', type: 'directory' }, new Uint8Array(0)],
  ...[1, 2, 3, 4, 5].map((k): TarPart => [`cifar-10-batches-bin/data_batch_${k}.bin`, record(k)]),
  ['cifar-10-batches-bin/readme.html', names(3)],
  ['cifar-10-batches-bin/batches.meta.txt', names(10)],
  ['cifar-10-batches-bin/test_batch.bin', record(9)],
];
const hundred: TarPart[] = [
  ['cifar-100-binary/train.bin', record(3, 40)],
  ['cifar-100-binary/test.bin', record(4, 41)],
  ['cifar-100-binary/fine_label_names.txt', names(100)],
  ['cifar-100-binary/coarse_label_names.txt', names(20)],
];

describe('the published archives', () => {
  const cifar10 = registry.make('dataset', 'cifar-10', { subset: true });

  test('cifar-10-binary.tar.gz, in the folder, or by its own path; files beside it come first', async () => {
    const archive = await makeTarGz(ten);
    const files = memoryFiles({ 'data/cifar-10-binary.tar.gz': archive, 'other.tgz': archive });
    const seen: unknown[] = [];
    for (const path of ['data', 'data/cifar-10-binary.tar.gz', 'other.tgz']) {
      const { train, test, classes } = await cifar10.open(files, path, {
        onProgress: (progress) => seen.push(progress),
      });
      expect([[...train.labels], [...test.labels], classes.length]).toEqual([[1, 2, 3, 4, 5], [9], 10]);
      expect([train.images[0], train.images.at(-1)]).toEqual([1, 5]);
    }
    expect(seen.at(-1)).toEqual({ phase: 'unpacking', done: archive.length, total: archive.length });
    const beside = memoryFiles({
      'data/cifar-10-binary.tar.gz': 'no archive',
      'data/test_batch.bin': record(7),
      'data/batches.meta.txt': names(10),
      ...Object.fromEntries([1, 2, 3, 4, 5].map((k) => [`data/data_batch_${k}.bin`, record(0)])),
    });
    expect((await cifar10.open(beside, 'data')).test.labels[0]).toBe(7);
  });

  test('cifar-100-binary.tar.gz', async () => {
    const files = memoryFiles({ 'cifar-100-binary.tar.gz': await makeTarGz(hundred) });
    const source = registry.make('dataset', 'cifar-100', { subset: true });
    const { train, test } = await source.open(files, 'cifar-100-binary.tar.gz');
    expect([train.labels[0], test.labels[0]]).toEqual([40, 41]);
  });

  test('faults name the archive and the entry', async () => {
    const path = 'cifar-10-binary.tar.gz';
    const open = async (parts: readonly TarPart[]) =>
      cifar10.open(memoryFiles({ [path]: await makeTarGz(parts) }), path);
    await expect(open([...ten.slice(0, -1), [ten.at(-1)![0], record(10)]])).rejects.toMatchObject({
      code: 'DATASET_BAD_LABEL',
      data: { file: `${path}/cifar-10-batches-bin/test_batch.bin`, offset: 0, label: 10 },
    });
    await expect(open([...ten.slice(0, -1), [ten.at(-1)![0], record(1).subarray(1)]])).rejects.toMatchObject({
      code: 'DATASET_SHORT_FILE',
      data: { file: `${path}/cifar-10-batches-bin/test_batch.bin` },
    });
    await expect(open(ten.filter((_, index) => index !== 2))).rejects.toMatchObject({
      code: 'ARCHIVE_ENTRY_MISSING',
      data: { file: path, entry: 'cifar-10-batches-bin/data_batch_2.bin' },
    });
    await expect(open(hundred.slice(2))).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' });
    await expect(open([...ten, ['../../etc/cron.d/x', names(1)]])).rejects.toMatchObject({
      code: 'ARCHIVE_UNSAFE_ENTRY',
      data: { file: path, entry: '../../etc/cron.d/x' },
    });
  });

  test('a bomb: a wanted entry of 300 MiB of zeros is refused by its header', async () => {
    // The header alone tells 300 MiB; of what follows, nothing is there.
    const header = (await makeTar([['cifar-10-batches-bin/test_batch.bin', record(1)]])).subarray(0, 512);
    new TextEncoder().encodeInto((300 * 2 ** 20).toString(8).padStart(11, '0'), header.subarray(124, 135));
    header.fill(32, 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    new TextEncoder().encodeInto(`${sum.toString(8).padStart(6, '0')}\0 `, header.subarray(148, 156));
    const path = 'cifar-10-binary.tar.gz';
    await expect(
      cifar10.open(memoryFiles({ [path]: new Uint8Array(gzipSync(header)) }), path),
    ).rejects.toMatchObject({
      code: 'ARCHIVE_TOO_LARGE',
      data: { file: path, entry: 'cifar-10-batches-bin/test_batch.bin', met: 300 * 2 ** 20 },
    });
  });

  test.each([
    ['data/cifar-10-python.tar.gz', 'data'],
    ['data/cifar-10-python.tar.gz', 'data/cifar-10-python.tar.gz'],
    ['data/data_batch_1', 'data'],
  ])('pickles are not read: %s, given %s', async (file, folder) => {
    const files = memoryFiles({ [file]: await makeTarGz([['cifar-10-batches-py/data_batch_1', names(1)]]) });
    const error = await cifar10.open(files, folder).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'DATASET_PICKLED', data: { file } });
    expect(error.hint).toContain('cifar-10-binary.tar.gz');
  });

  test('a signal stops it', async () => {
    const files = memoryFiles({ 'cifar-10-binary.tar.gz': await makeTarGz(ten) });
    const reason = new Error('stopped');
    await expect(
      cifar10.open(files, 'cifar-10-binary.tar.gz', { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
  });
});
