import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage } from '@neusim/platform';
import { describe, expect, test } from 'vitest';
import { bytesFrom, contactSheet } from '../run/contact-sheet';
import { neusim, temporaryFolder } from '../test/terminal';

const few = [
  'dataset={"name":"digits","limit":{"train":64,"test":32}}',
  'augment={"affine":{"degrees":10},"mixup":{"alpha":1}}',
  'transform.resize=20',
  'normalize=dataset',
].flatMap((assignment) => ['--set', assignment]);

describe('neusim data preview', () => {
  test('writes a sheet of 3 rows of 1 + 4 images, and tells labels, steps and what was mixed', async () => {
    const out = join(temporaryFolder(), 'sheet.png');
    const options = ['--images', '4', '--rows', '3', '--out', out, '--json'];
    const { code, out: told } = await neusim(['data', 'preview', 'cnn-digits', ...few, ...options]);
    expect(code).toBe(0);
    const { file, dataset, rows } = JSON.parse(told);
    expect([file, dataset]).toEqual([out, 'digits']);
    expect(rows.map(({ index }: { index: number }) => index)).toEqual([0, 21, 42]);
    // 64 images in batches of 64: a step is an epoch.
    for (const { draws } of rows)
      expect(draws).toMatchObject(
        [0, 1, 2, 3].map((step) => ({
          step,
          mixed: { label: expect.any(String), share: expect.any(Number) },
        })),
      );
    // 20×20 at six times its size, gaps of 4, 16 more after the first.
    const { width, height } = await decodeImage(readFileSync(out), { maxPixels: 1e6 });
    expect([width, height]).toEqual([4 + 5 * 124 + 16, 4 + 3 * 124]);

    const text = await neusim(['data', 'preview', 'cnn-digits', ...few, '--rows', '1', '--out', out]);
    expect(text.out).toMatch(
      /row {2}label {2}image {2}steps +mixed with\n.*\n {2}1 {2}\d +#0 +0 1 2 3 4 5 6 7 /,
    );
  });

  test.each([
    [['--images', '17'], 'CLI_USAGE', 'from 1 to 16'],
    [['--set', 'augment.grayscale={}'], 'DATASET_BAD_AUGMENT', 'grayscale takes images of 3 channels'],
    [['--set', 'transform.centerCrop=40'], 'DATASET_BAD_TRANSFORM', 'centerCrop 40×40 is larger'],
    [['--set', 'augment.flipp=true'], 'CONFIG_INVALID', 'augment.flipp'],
  ])('%j is refused, and nothing written: %s', async (options, code, message) => {
    const folder = temporaryFolder();
    const out = join(folder, 'sheet.png');
    const ran = await neusim(['data', 'preview', 'cnn-digits', ...few, ...options, '--out', out]);
    expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringContaining(message) });
    expect(ran.err).toContain(code);
    // Free to be written: there is no file.
    writeFileSync(out, '', { flag: 'wx' });
  });
});

describe('the sheet', () => {
  test('bytes come back from every way of normalising', () => {
    const bytes = [0, 10, 128, 255];
    const by = (of: (byte: number) => number) => Float32Array.from(bytes, of);
    const statistics = { mean: [100, 120], std: [50, 60] };
    expect([
      ...bytesFrom(
        by((byte) => byte),
        2,
        'none',
      ),
    ]).toEqual(bytes);
    expect([
      ...bytesFrom(
        by((byte) => byte / 255),
        2,
        'unit',
      ),
    ]).toEqual(bytes);
    const normalized = Float32Array.from(
      bytes,
      (byte, i) => (byte - statistics.mean[i % 2]!) / statistics.std[i % 2]!,
    );
    expect([...bytesFrom(normalized, 2, statistics)]).toEqual(bytes);
    expect([...bytesFrom(Float32Array.of(-9, 9), 1, 'unit')]).toEqual([0, 255]);
  });

  test('large images are shrunk, others fitted into the cell, sides in proportion', () => {
    const image = (height: number, width: number) => ({
      shape: [height, width, 1] as const,
      pixels: new Uint8Array(height * width),
    });
    const { width, height, pixels } = contactSheet([[image(600, 300), image(448, 448)]], [448, 448, 1]);
    expect([width, height]).toEqual([4 + 2 * 228 + 16, 232]);
    const black = pixels.filter((value) => value === 0).length / 3;
    expect(black).toBe(224 * 224 + 224 * 112);
  });
});
