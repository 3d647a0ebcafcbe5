import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as platform from '@neusim/platform';
import { createRegistry, plugin } from '@neusim/registry';
import { describe, expect, test } from 'vitest';
import { type DigitFile, defineDigits, digitsFrom } from './index';
import { memoryFiles } from './memory-files.fixture';

// `mnist` is a dependency of the command line alone.
const packageFolder = () =>
  dirname(
    createRequire(new URL('../../../apps/cli/package.json', import.meta.url)).resolve('mnist/package.json'),
  );

const registry = createRegistry(plugin('test', '1.0.0', [defineDigits(packageFolder)]));

const small = (): DigitFile[] =>
  Array.from({ length: 10 }, (_, digit) => ({ data: new Array(784).fill(digit / 10) }));

describe('digits', () => {
  test('the real package: 8,000 + 2,000 images, always the same', async () => {
    const { shape, classes, train, test } = await registry
      .make('dataset', 'digits')
      .open(platform, undefined);
    expect([shape, classes.length, train.count, test.count]).toEqual([[28, 28, 1], 10, 8000, 2000]);
    const counts = new Int32Array(10);
    for (const label of [...train.labels, ...test.labels]) counts[label]!++;
    expect([...counts]).toEqual([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
    expect([await platform.sha256(train.images), await platform.sha256(test.images)]).toEqual([
      '71e8469d9976ffe36a5e6534dfbdecd246abdc838e579aee6a1a81c3c126bbbb',
      '644d8c9ce65734a12dd0d46f82c8fe3032f11805699781b083a29d4013d2d9a8',
    ]);
    expect(new Set(train.images).size).toBe(256);
  });

  test('limit', async () => {
    const limit = { train: 100, test: 10 };
    const { train, test } = await registry.make('dataset', 'digits', { limit }).open(platform, undefined);
    expect([train.count, test.count]).toEqual([100, 10]);
    expect(new Set(train.labels).size).toBe(10);
  });

  test('three decimals give every byte back', () => {
    const data = Array.from({ length: 784 }, (_, i) => Number(((i % 256) / 255).toFixed(3)));
    const { train, test } = digitsFrom(small().map(() => ({ data })));
    for (const split of [train, test]) {
      expect(split.images.every((byte, i) => byte === (i % 784) % 256)).toBe(true);
    }
    expect([train.count, test.count]).toEqual([8, 2]);
  });

  test.each([
    ['a file that is missing', small().slice(0, 9), '9.json'],
    ['half an image', small().with(3, { data: new Array(400).fill(0) }), '3.json'],
    ['a value above 1', small().with(4, { data: new Array(784).fill(1.01) }), '4.json'],
    ['a value that is no number', small().with(5, { data: new Array(784).fill('1') }), '5.json'],
  ])('%s', (_, files, file) => {
    expect(() => digitsFrom(files)).toThrow(
      expect.objectContaining({ code: 'DATASET_BAD_DIGITS', data: expect.objectContaining({ file }) }),
    );
  });

  test('text that is no JSON; a folder without the package', async () => {
    const source = createRegistry(plugin('test', '1.0.0', [defineDigits()])).make('dataset', 'digits');
    await expect(
      source.open(memoryFiles({ 'd/src/digits/0.json': '{"data": [0,' }), 'd'),
    ).rejects.toMatchObject({
      code: 'DATASET_BAD_DIGITS',
      data: { file: '0.json' },
    });
    await expect(source.open(memoryFiles({}), 'd')).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' });
  });
});
