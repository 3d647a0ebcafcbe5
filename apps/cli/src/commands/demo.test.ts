// The demo from end to end with a small budget, then what it left behind, as a stranger would use it.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadModel } from '@neusim/core';
import { modelFile } from '@neusim/platform';
import * as tf from '@tensorflow/tfjs-core';
import { parseHTML } from 'linkedom';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeRegistry } from '../registry';
import { neusim, type Ran } from '../test/terminal';

const figure = v.pipe(v.number(), v.finite(), v.minValue(0));
const resultsSchema = v.strictObject({
  seed: v.literal(5),
  backend: v.literal('wasm'),
  dataset: v.literal('digits'),
  rows: v.array(
    v.strictObject({
      name: v.string(),
      seed: v.literal(5),
      similarity: v.string(),
      shape: v.literal('full'),
      predictor: v.nullable(v.string()),
      testError: figure,
      top5Error: figure,
      testLoss: figure,
      parameters: figure,
      multiplyAdds: figure,
      trainImagesPerSecond: figure,
      inferenceImagesPerSecond: figure,
      foldedImagesPerSecond: v.nullable(figure),
      foldDifference: v.nullable(v.pipe(figure, v.maxValue(1e-5))),
    }),
  ),
  comparison: v.looseObject({ pairs: v.pipe(v.array(v.unknown()), v.length(3)) }),
});

describe('neusim demo --quick', () => {
  const out = mkdtempSync(join(tmpdir(), 'neusim-demo-'));
  let ran: Ran;
  beforeAll(async () => {
    ran = await neusim(['demo', '--quick', '--workers', '1', '--seed', '5', '--out', out]);
  }, 180_000);
  afterAll(() => rmSync(out, { recursive: true, force: true }));

  test('ends with one table of three networks', () => {
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/name +similarity +predictor +parameters +multiply-adds +test error %/);
    for (const name of ['baseline', 'static-uns', 'dynamic-dns'])
      expect(ran.out).toMatch(new RegExp(`^${name} `, 'm'));
  });

  test('results.json keeps its contract', () => {
    const { rows } = v.parse(resultsSchema, JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')));
    expect(rows.map(({ name, similarity, predictor }) => [name, similarity, predictor])).toEqual([
      ['baseline', 'inner-product', null],
      ['static-uns', 'static-uns', null],
      ['dynamic-dns', 'dynamic-dns', 'sphere'],
    ]);
    const [baseline, uns, dns] = rows;
    expect(baseline?.foldedImagesPerSecond).toBeGreaterThan(0);
    // Two layers, each with M of 9 × 9.
    expect((uns?.parameters ?? 0) - (baseline?.parameters ?? 0)).toBe(2 * 81);
    expect([dns?.foldedImagesPerSecond, dns?.foldDifference]).toEqual([null, null]);
  });

  test('the predicted M differs over positions and over images', () => {
    const found = /M of dynamic-dns .* (\S+) over positions and (\S+) over images/.exec(ran.out);
    expect(Number(found?.[1])).toBeGreaterThan(0);
    expect(Number(found?.[2])).toBeGreaterThan(0);
  });

  test('report.html needs nothing else, and shows curves, M, the predicted M and its spread', () => {
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    expect(page).not.toMatch(/(?:src|href|url|@import)\s*[=(]?\s*["']?\s*(?:https?:)?\/\//i);
    expect(page).not.toContain('<script');
    const { document } = parseHTML(page);
    for (const each of document.querySelectorAll('[src], link[href]')) {
      expect(each.getAttribute('src') ?? each.getAttribute('href')).toMatch(/^data:/);
    }
    const titles = [...document.querySelectorAll('h2')].map((title) => title.textContent);
    expect(titles).toEqual(
      expect.arrayContaining([
        'Results',
        'Comparison',
        'Curves',
        'What it gets right · baseline',
        'Worst mistakes · dynamic-dns',
        'Learned M · static-uns',
        'Predicted M over an image · dynamic-dns',
        'Does M depend on what it sees? · dynamic-dns',
      ]),
    );
    expect(document.querySelectorAll('.charts svg')).toHaveLength(3);
    const layers = document.querySelectorAll('.pair').length;
    expect(layers).toBeGreaterThan(0);
    expect(document.querySelectorAll('.pair svg')).toHaveLength(2 * layers);
    expect(document.querySelectorAll('.map')).toHaveLength(9 * layers);
  });

  test.each(['baseline', 'static-uns'])(
    'the folded %s, loaded by plain tfjs in a process without NeuSim, gives the same logits',
    async (row) => {
      const images = tf.randomUniform([5, 28, 28, 1], 0, 1, 'float32', 7);
      const model = await loadModel(makeRegistry(), modelFile(join(out, row, 'model')) as tf.io.IOHandler);
      const expected = await (model.predict(images) as tf.Tensor).data();
      const script = fileURLToPath(new URL('../test/plain-tfjs.mjs', import.meta.url));
      const input = JSON.stringify({ shape: images.shape, values: [...(await images.data())] });
      const stdout = execFileSync(process.execPath, [script, join(out, row, 'folded')], {
        input,
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      const met: number[] = JSON.parse(stdout.trim());
      const largest = Math.max(...expected.map(Math.abs));
      const difference = Math.max(
        ...met.map((value, index) => Math.abs(value - (expected[index] as number))),
      );
      expect(difference / largest).toBeLessThan(1e-5);
    },
  );

  test('a second demo in the same folder begins anew; Ctrl-C keeps the rows that are finished', async () => {
    const stopped = await neusim(
      ['demo', '--quick', '--workers', '1', '--seed', '5', '--out', out],
      (line, interrupt) => {
        if (/^static-uns .* 2\/30 /.test(line)) interrupt();
      },
    );
    expect(stopped.code).toBe(130);
    const { rows } = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'));
    expect(rows.map((row: { name: string }) => row.name)).toEqual(['dynamic-dns']);
    expect(stopped.out).toMatch(/static-uns was stopped after step \d+; go on with: npx neusim train/);
    expect(stopped.out).toContain('baseline was not begun.');
  });

  test('Ctrl-C while measuring keeps the trained networks, and says so', async () => {
    const stopped = await neusim(
      ['demo', '--quick', '--workers', '1', '--seed', '5', '--out', out],
      (line, interrupt) => {
        if (line.startsWith('Measuring')) interrupt();
      },
    );
    expect(stopped.code).toBe(130);
    for (const name of ['baseline', 'static-uns', 'dynamic-dns'])
      expect(stopped.out).toContain(`${name} is trained and kept in ${join(out, name, 'model')}`);
  });
});
