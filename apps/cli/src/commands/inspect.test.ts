// A network looked into: the page, its numbers, an image of one's own, a checkpoint, and what is refused.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel, type NeuralSimilarityConv2D } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { modelFile } from '@neusim/platform';
import { type Inspection, pngFile } from '@neusim/report';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeRegistry } from '../registry';
import { neusim, temporaryFolder } from '../test/terminal';
import { tiny } from '../test/tiny';

const folder = mkdtempSync(join(tmpdir(), 'neusim-inspect-'));
const run = join(folder, 'static');
const dynamic = join(folder, 'dynamic');
const train = (out: string, ...more: string[]) =>
  neusim(['train', 'cnn-digits', ...tiny, '--backend', 'wasm', ...more, '--out', out]);

beforeAll(async () => {
  expect((await train(run)).code).toBe(0);
  expect((await train(dynamic, '--set', 'model.similarity=dynamic-dns')).code).toBe(0);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const look = async (...argv: string[]) => {
  const { code, out } = await neusim(['inspect', ...argv, '--backend', 'wasm', '--json']);
  return {
    code,
    json: JSON.parse(out) as Inspection & { page: string; error: { code: string; hint: string } },
  };
};

/** A grey picture with a bright left half. */
function picture(width: number, height: number): string {
  const path = join(temporaryFolder(), 'picture.png');
  const pixels = Uint8Array.from({ length: width * height }, (_, at) => (at % width < width / 2 ? 255 : 0));
  writeFileSync(path, pngFile(width, height, pixels));
  return path;
}

describe('neusim inspect', () => {
  test('a run: a page beside it, whose numbers are those of the model', async () => {
    const numbers = join(temporaryFolder(), 'new', 'numbers.json');
    const { code, json } = await look(run, '--numbers', numbers);
    expect(code).toBe(0);
    expect(json.page).toBe(join(run, 'inspect.html'));
    const { page, numbers: _, ...inspection } = json as typeof json & { numbers: string };
    expect(JSON.parse(readFileSync(numbers, 'utf8'))).toEqual(inspection);
    const [row] = JSON.parse(readFileSync(join(run, 'results.json'), 'utf8')).rows;
    expect(json.totals).toEqual({ parameters: row.parameters, multiplyAdds: row.multiplyAdds });
    expect(json.sample).toMatchObject({ from: 'the first test image of digits', label: expect.any(String) });
    const model = await loadModel(makeRegistry(), modelFile(join(run, 'model')) as never);
    const layer = model.getLayer('stage1_conv1') as NeuralSimilarityConv2D;
    const found = json.layers.find(({ layer: name }) => name === 'stage1_conv1');
    const matrix = [...((await layer.getWeights()[1]?.data()) ?? [])];
    expect(found?.similarity?.matrix?.values.map(Math.fround)).toEqual(
      matrix.map((value) => Math.fround(Number(value.toPrecision(5)))),
    );
    disposeModel(model);
    const { document } = parseHTML(readFileSync(page, 'utf8'));
    expect(document.querySelectorAll('details')).toHaveLength(json.layers.length);
  });

  test('an image of one’s own, of another size, and some layers only', async () => {
    const out = join(temporaryFolder(), 'page.html');
    const { json } = await look(dynamic, '--image', picture(90, 60), '--layer', 'stage', '--out', out);
    expect(json.layers.map(({ layer }) => layer)).toEqual(['stage1_conv1', 'stage2_conv1']);
    expect(json.sample).toMatchObject({ label: null, picture: { width: 28, height: 28 } });
    // No test image was needed.
    const [first] = json.layers;
    expect(first?.similarity?.dynamic).toMatchObject({ positions: [14, 14], form: 'diagonal' });
    expect(first?.spectra.of).toBe('the mean M');
    expect(existsSync(out)).toBe(true);
  });

  test('a folded model, plain tfjs, has its kernels’ singular values and costs', async () => {
    const { json } = await look(join(run, 'folded'));
    expect(json.page).toBe(join(run, 'inspect-folded.html'));
    expect(json.layers.map(({ type }) => type)).toEqual(['Conv2D', 'Conv2D', 'Conv2D', 'Conv2D']);
    expect(json.layers.every(({ spectra }) => (spectra.kernel?.nuclear ?? 0) > 0)).toBe(true);
  });

  test('a checkpoint, and a run that is not finished', async () => {
    const out = join(temporaryFolder(), 'cut');
    await neusim(['train', 'cnn-digits', ...tiny, '--out', out], (line, interrupt) => {
      if (/ 5\/12 /.test(line)) interrupt();
    });
    const [name = ''] = readdirSync(join(out, 'checkpoints')).slice(-1);
    const { json } = await look(out);
    const step = Number(/\d+/.exec(name)?.[0]);
    expect(json.page).toBe(join(out, `inspect-step-${step}.html`));
    expect((await look(join(out, 'checkpoints', name))).json.layers).toEqual(json.layers);
    expect(json.layers[1]?.similarity?.matrix?.values).toHaveLength(81);
  });

  test('a model alone: what needs no image; an image with how it is normalised', async () => {
    const alone = join(temporaryFolder(), 'plain');
    await neusim(['fold', run, '--out', alone]);
    const out = ['--out', join(alone, 'page.html')];
    const { json } = await look(alone, ...out);
    expect(json.sample).toBeNull();
    expect(json.notes).toEqual([expect.stringContaining('--image')]);
    const image = picture(28, 28);
    expect((await look(alone, ...out, '--image', image)).json.error).toMatchObject({
      code: 'CLI_NO_CONFIG',
      hint: expect.stringContaining('normalize'),
    });
    const seen = await look(alone, ...out, '--image', image, '--set', 'normalize=unit');
    expect(seen.json.sample?.picture).toMatchObject({ width: 28, height: 28 });
  });

  test('a data set that cannot be opened is told, and the rest is shown; one that is named is an error', async () => {
    const config = join(run, 'config.json');
    const text = readFileSync(config, 'utf8');
    writeFileSync(config, JSON.stringify({ ...JSON.parse(text), dataset: 'cifar-10' }));
    try {
      const told = await neusim([
        'inspect',
        run,
        '--backend',
        'wasm',
        '--out',
        join(temporaryFolder(), 'a.html'),
      ]);
      expect(told.code).toBe(0);
      expect(told.err).toMatch(/Warning: no test image: .*--image/);
      expect((await look(run, '--data', join(folder, 'nowhere'))).json.error.code).toBe('DATASET_NOT_FOUND');
    } finally {
      writeFileSync(config, text);
    }
  });

  test.each([
    [['--layer', 'stage1_conv9'], 'CLI_UNKNOWN_LAYER', 'did you mean "stage1_conv1"'],
    [['--image', 'nowhere.png'], 'PLATFORM_FILE_MISSING', ''],
    [['--image', new URL(import.meta.url).pathname], 'PLATFORM_UNKNOWN_IMAGE', 'PNG, JPEG and WebP'],
    [['--set', 'transform.resize=20', '--image', 'PICTURE'], 'CLI_IMAGE_SIZE', 'transform.resize'],
  ])('%j is refused', async (argv, code, hint) => {
    const given = argv.map((word) => (word === 'PICTURE' ? picture(40, 40) : word));
    const { code: exit, json } = await look(dynamic, ...given);
    expect({ exit, ...json.error }).toMatchObject({ exit: 2, code, hint: expect.stringContaining(hint) });
  });

  test('Ctrl-C stops it with 130, and nothing is written', async () => {
    const out = join(temporaryFolder(), 'page.html');
    const told = await neusim(['inspect', run, '--out', out], (line, interrupt) => {
      if (line.startsWith('inspect')) interrupt();
    });
    expect(told).toMatchObject({ code: 130, out: expect.stringContaining('nothing is written') });
    expect(existsSync(out)).toBe(false);
  });
});
