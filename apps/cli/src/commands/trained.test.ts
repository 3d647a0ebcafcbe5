// What is done with a network that is trained: tested again, folded, shown again.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { neusim, temporaryFolder } from '../test/terminal';
import { tiny } from '../test/tiny';

const folder = mkdtempSync(join(tmpdir(), 'neusim-trained-'));
const run = join(folder, 'static');
const dynamic = join(folder, 'dynamic');
const train = (out: string, ...more: string[]) =>
  neusim(['train', 'cnn-digits', ...tiny, '--backend', 'wasm', ...more, '--out', out]);

beforeAll(async () => {
  expect((await train(run)).code).toBe(0);
  const predicted = ['--set', 'model.similarity=dynamic-dns', '--set', 'name=predicted', '--seed', '4'];
  expect((await train(dynamic, ...predicted)).code).toBe(0);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));
const json = async (argv: string[]) => {
  const told = await neusim([...argv, '--json']);
  return { ...told, json: JSON.parse(told.out) };
};
const failure = async (argv: string[]) => {
  const { code, json: found } = await json(argv);
  expect(code).toBe(2);
  return found.error as { code: string; message: string; hint: string };
};

describe('neusim eval', () => {
  test('a run, its model, its folded model and a model alone give the errors of training', async () => {
    const [row] = read(run, 'results.json').rows;
    const alone = join(temporaryFolder(), 'plain');
    await neusim(['fold', run, '--out', alone]);
    const told = ['--dataset', 'digits', '--set', 'dataset.limit.test=32', '--set', 'normalize=unit'];
    for (const argv of [[run], [join(run, 'model')], [join(run, 'folded')], [alone, ...told]]) {
      const { json: found } = await json(['eval', ...argv, '--backend', 'wasm']);
      expect(found).toMatchObject({
        images: 32,
        split: 'test',
        error: row.testError,
        top5Error: row.top5Error,
      });
      expect(found.loss).toBeCloseTo(row.testLoss, 4);
      expect(found.errorInterval[0]).toBeLessThan(found.error);
      expect(found.errorInterval[1]).toBeGreaterThan(found.error);
      expect(found.classes).toHaveLength(10);
      expect(found.confusion.flat().reduce((sum: number, count: number) => sum + count)).toBe(32);
    }
  });

  test('normalize=dataset of a model alone takes the numbers of the data set, as training did', async () => {
    const out = join(temporaryFolder(), 'run');
    const dataset = ['--set', 'normalize=dataset'];
    expect((await train(out, ...dataset)).code).toBe(0);
    const [row] = read(out, 'results.json').rows;
    const alone = join(temporaryFolder(), 'plain');
    await neusim(['fold', out, '--out', alone]);
    const limits = ['--set', 'dataset.limit.train=64', '--set', 'dataset.limit.test=32'];
    const { json: found } = await json(['eval', alone, '--dataset', 'digits', ...limits, ...dataset]);
    expect(found).toMatchObject({ images: 32, error: row.testError });
    expect(found.loss).toBeCloseTo(row.testLoss, 4);
  });

  test('--split train, and --out with what was predicted', async () => {
    const out = join(temporaryFolder(), 'new', 'train.json');
    const told = await neusim(['eval', run, '--split', 'train', '--out', out]);
    expect(told.out).toMatch(/^64 train images of digits/);
    expect(told.out).toMatch(/^error .* \(95 %: /m);
    const { labels, predicted, error, images } = read(out);
    const wrong = labels.filter((label: number, index: number) => label !== predicted[index]);
    expect((100 * wrong.length) / images).toBeCloseTo(error, 9);
  });

  test('Ctrl-C stops it with 130', async () => {
    const told = await neusim(['eval', run], (line, interrupt) => {
      if (line.startsWith('Testing')) interrupt();
    });
    expect(told).toMatchObject({ code: 130, out: expect.stringContaining('nothing is kept') });
  });

  test('a model without a config, another data set, a folder without a network: each its own code', async () => {
    const alone = join(temporaryFolder(), 'plain');
    await neusim(['fold', run, '--out', alone]);
    expect(await failure(['eval', alone])).toMatchObject({
      code: 'CLI_NO_CONFIG',
      hint: expect.stringContaining('--dataset'),
    });
    const inputs = JSON.stringify({ name: 'digits', limit: { test: 8, train: 8 } });
    const model = read(alone, 'model.json');
    const [input] = model.modelTopology.model_config?.config.layers ?? model.modelTopology.config.layers;
    input.config.batch_input_shape = [null, 14, 14, 1];
    writeFileSync(join(alone, 'model.json'), JSON.stringify(model));
    const mismatch = await failure(['eval', alone, '--dataset', 'digits', '--set', `dataset=${inputs}`]);
    expect(mismatch).toMatchObject({
      code: 'CLI_MODEL_MISMATCH',
      message: expect.stringContaining('14×14×1'),
    });
    expect(await failure(['eval', folder])).toMatchObject({
      code: 'CLI_NOT_A_RUN',
      hint: expect.stringContaining(run),
    });
    expect(await failure(['eval', join(folder, 'nowhere')])).toMatchObject({ code: 'CLI_NOT_A_RUN' });
  });

  test('a run that is not finished says how to finish it', async () => {
    const out = join(temporaryFolder(), 'cut');
    await neusim(['train', 'cnn-digits', ...tiny, '--out', out], (line, interrupt) => {
      if (/ 5\/12 /.test(line)) interrupt();
    });
    const hint = expect.stringContaining(`${out} --resume`);
    expect(await failure(['eval', out])).toMatchObject({ code: 'CLI_RUN_UNFINISHED', hint });
    expect(await failure(['report', out])).toMatchObject({ code: 'CLI_NO_REPORT', hint });
  });
});

describe('neusim fold', () => {
  test('a static network loses M, keeps its logits, and says what it saves', async () => {
    const out = join(temporaryFolder(), 'plain');
    const { code, json: found } = await json(['fold', run, '--out', out, '--check']);
    expect(code).toBe(0);
    expect(found).toMatchObject({ isPlain: true, images: 32, on: 'test' });
    expect(found.difference).toBeLessThan(1e-5);
    const [before, after] = found.rows;
    expect(before.parameters - after.parameters).toBeGreaterThanOrEqual(81);
    expect(after.bytes).toBeLessThan(before.bytes);
    expect(await failure(['fold', run, '--out', out])).toMatchObject({ code: 'CLI_OUT_TAKEN' });
  });

  test('without --out it is the folder `folded` of the run, verified on random images', async () => {
    rmSync(join(run, 'folded'), { recursive: true });
    const told = await neusim(['fold', run]);
    expect(told.out).toContain(`Folded: ${join(run, 'folded')}`);
    expect(told.out).toMatch(/Logits differ by \S+e-\d+ of the largest, on 32 random images/);
    expect(existsSync(join(run, 'folded', 'model.json'))).toBe(true);
  });

  test('a predicted M does not fold: why, and what does', async () => {
    const out = join(temporaryFolder(), 'plain');
    expect(await failure(['fold', dynamic, '--out', out])).toMatchObject({
      code: 'FOLD_DYNAMIC',
      hint: expect.stringContaining('static-uns'),
    });
    expect(existsSync(out)).toBe(false);
  });
});

describe('neusim report', () => {
  test('makes the page of a run again, to the letter', async () => {
    const page = readFileSync(join(run, 'report.html'), 'utf8');
    rmSync(join(run, 'report.html'));
    expect((await neusim(['report', run])).code).toBe(0);
    expect(readFileSync(join(run, 'report.html'), 'utf8')).toBe(page);
  });

  test('of two runs it makes one page, with both rows and the pair', async () => {
    const out = join(temporaryFolder(), 'both.html');
    const { json: found } = await json(['report', run, dynamic, '--out', out]);
    expect(found.rows.map(({ name }: { name: string }) => name)).toEqual(['cnn-digits', 'predicted']);
    expect(found.comparison.pairs).toMatchObject([{ a: 'cnn-digits', b: 'predicted', test: 'McNemar' }]);
    const page = readFileSync(out, 'utf8');
    for (const text of ['Comparison', 'Learned M · cnn-digits', 'Predicted M over an image · predicted'])
      expect(page).toContain(text);
  });

  test('the same run twice is told apart by its folder', async () => {
    const copy = join(temporaryFolder(), 'copy');
    expect((await train(copy)).code).toBe(0);
    const { json: found } = await json(['report', run, copy, '--out', join(copy, 'both.html')]);
    expect(found.rows.map(({ name }: { name: string }) => name)).toEqual([
      'cnn-digits · static',
      'cnn-digits · copy',
    ]);
    expect(found.comparison.pairs).toMatchObject([{ difference: 0, p: 1 }]);
  });

  test.each([
    ['no JSON', '{', 'REPORT_CORRUPT'],
    ['another file', '{"rows":[]}', 'REPORT_CORRUPT'],
    ['another version', '{"format":"neusim-report","version":9}', 'REPORT_VERSION'],
    [
      'a run that is none',
      '{"format":"neusim-report","version":1,"runs":[{}],"facts":[],"missing":[]}',
      'REPORT_CORRUPT',
    ],
    [
      'a picture from elsewhere',
      '{"format":"neusim-report","version":1,"runs":[],"x":{"uri":"http://x/"}}',
      'REPORT_CORRUPT',
    ],
  ])('%s is refused, and nothing is written', async (_, text, code) => {
    const at = temporaryFolder();
    writeFileSync(join(at, 'report.json'), text);
    expect(await failure(['report', at])).toMatchObject({ code });
    expect(existsSync(join(at, 'report.html'))).toBe(false);
  });
});
