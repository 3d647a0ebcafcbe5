// The built page in a real Chromium, served as a user gets it.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium, launch } from '../../tools/chromium.mjs';
import { build, type Chunk, preview, type Served } from '../../tools/pages.mjs';
import { change, ends, openTraining, shown, start, waitFor } from '../../tools/train-page.mjs';

const folder = mkdtempSync(join(tmpdir(), 'neusim-studio-'));
let chunks: Chunk[];
beforeAll(async () => {
  chunks = await build(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The smallest run that learns: a software GPU takes half a second for a step of it. */
const small = { network: 'cnn-digits', amount: 'few', steps: 30, batchSize: 8, seed: 1 };

/** The ends of the curve, in its words. */
const lossesOf = (curve: string) =>
  curve
    .match(/[\d.]+/g)
    ?.slice(0, 2)
    .map(Number) as [number, number];

describe('the main thread', () => {
  /** What its entry imports statically, chunk by chunk. */
  function loaded(): Chunk[] {
    const found = new Set(chunks.filter(({ isEntry }) => isEntry));
    for (const { imports } of found)
      for (const each of chunks) if (imports.includes(each.fileName)) found.add(each);
    return [...found];
  }

  test('loads no tfjs and nothing of ours that needs it; the worker does', () => {
    const modules = loaded().flatMap((chunk) => chunk.modules);
    expect(modules.filter((id) => id.endsWith('src/train/main.ts'))).toHaveLength(1);
    expect(modules.filter((id) => /@tensorflow|packages\/(?!platform|registry)/.test(id))).toEqual([]);
    const text = (file: string) => readFileSync(join(folder, file), 'utf8');
    const worker = readdirSync(join(folder, 'assets')).find((file) => /^worker-.*\.js$/.test(file));
    const kernel = 'Conv2DBackpropFilter';
    expect(text(`assets/${worker}`)).toContain(kernel);
    for (const { fileName } of loaded()) expect(text(fileName)).not.toContain(kernel);
  });

  test('has at most 100 kB of script before it is packed', () => {
    const bytes = loaded().reduce((sum, { fileName }) => sum + statSync(join(folder, fileName)).size, 0);
    expect(bytes).toBeLessThan(100_000);
  });
});

const isRequired = process.env.NEUSIM_REQUIRE_WEBGPU === '1';

describe.skipIf(!findChromium() && !isRequired)('in Chromium', () => {
  let server: Served;
  beforeAll(async () => {
    server = await preview(folder);
  });
  afterAll(() => server?.close());

  describe('with WebGPU', () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launch();
    });
    afterAll(() => browser?.close());
    const open = (settings: Parameters<typeof change>[1]) => openTraining(browser, server.url, settings);

    test('30 steps on WebGPU: the loss falls, and the page answers meanwhile', {
      timeout: 240_000,
    }, async () => {
      const page = await open({ ...small, engine: 'webgpu' });
      // A button is clicked all the time; kept is in which states its handler ran, and a timer after it.
      await page.evaluate(() => {
        const state = () => document.getElementById('run')?.dataset.state ?? '';
        const answered = new Set<string>();
        const button = document.createElement('button');
        button.addEventListener('click', () => {
          const asked = state();
          setTimeout(() => {
            if (state() === asked) answered.add(asked);
            document.body.dataset.answered = [...answered].join(' ');
          });
        });
        setInterval(() => button.click(), 20);
      });
      await start(page);
      expect(await waitFor(page, ends)).toBe('finished');
      const { engine, curve, status, figures, failure } = await shown(page);
      expect(failure).toBe('');
      expect(engine).toMatch(/^webgpu on \w+/);
      expect(status).toBe('Finished after 30 steps.');
      const [first, last] = lossesOf(curve);
      expect(last).toBeLessThan(first - 0.05);
      expect(curve).toMatch(/test error [\d.]+ % after step 30/);
      for (const [name, value] of Object.entries(figures)) expect(value, name).toMatch(/\d/);
      expect(await page.evaluate(() => document.body.dataset.answered?.split(' '))).toContain('training');
    });

    test('30 steps on wasm, with threads: the loss falls', async () => {
      const page = await open({ ...small, engine: 'wasm', network: 'nsn-digits', batchSize: 32 });
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
      await start(page);
      expect(await waitFor(page, ends)).toBe('finished');
      const { engine, curve } = await shown(page);
      expect(engine).toMatch(/^wasm on WebAssembly .*threads/);
      const [first, last] = lossesOf(curve);
      expect(last).toBeLessThan(first - 0.2);
      const learned = await page.waitForSelector('#learned:not([hidden])');
      // Two layers predict M: a map for each of nine taps, and how much it differs.
      expect(await learned.$$eval('.map img.over', (maps) => maps.length)).toBe(18);
      expect(await learned.$$eval('tbody tr', (rows) => rows.length)).toBe(2);
      expect(await learned.textContent()).toContain('Predicted M over an image · Dynamic similarity');
      const sizes = await learned.$$eval('img', (images) =>
        images.map((image) => (image as HTMLImageElement).naturalWidth),
      );
      expect(Math.min(...sizes)).toBeGreaterThan(0);
    });

    test('a static M is shown at the end of its run, and a plain network has none to show', async () => {
      const page = await open({ ...small, engine: 'wasm', network: 'nsn-digits-static-uns', steps: 5 });
      await start(page);
      expect(await waitFor(page, ends)).toBe('finished');
      const learned = await page.waitForSelector('#learned:not([hidden])');
      expect(await learned.$$eval('svg.cells rect', (cells) => cells.length)).toBe(4 * 81);
      await change(page, { network: 'cnn-digits' });
      await start(page);
      await page.waitForSelector('#learned', { state: 'hidden' });
      expect(await waitFor(page, ends)).toBe('finished');
      expect(await page.isHidden('#learned')).toBe(true);
    });

    test('stops after the step it is at, and starts again', async () => {
      const page = await open({ ...small, engine: 'wasm', steps: 100_000 });
      await start(page);
      await page.waitForFunction(() => /\d/.test(document.getElementById('figure-loss')?.textContent ?? ''));
      const workers = () => page.workers().length;
      expect(workers()).toBeGreaterThan(0);
      await page.click('#stop');
      expect(await waitFor(page, ends)).toBe('stopped');
      expect((await shown(page)).status).toMatch(/^Stopped after step [\d,]+\.$/);
      await expect.poll(workers).toBe(0);
      await change(page, { steps: 5 });
      await start(page);
      expect(await waitFor(page, ends)).toBe('finished');
      expect((await shown(page)).status).toBe('Finished after 5 steps.');
    });

    test('a run that does not get to its next step is stopped at once', async () => {
      const page = await open({ ...small, engine: 'wasm', amount: 'all', batchSize: 2000, steps: 1 });
      await start(page);
      await page.click('#stop');
      await page.click('#stop');
      expect(await waitFor(page, ends)).toBe('stopped');
      await expect.poll(() => page.workers().length).toBe(0);
    });

    test('fits 360 pixels, and is worked by the keyboard', async () => {
      const page = await open({ ...small, engine: 'wasm', steps: 2 });
      await page.setViewportSize({ width: 360, height: 740 });
      // The page is laid out anew some time after.
      await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      await page.focus('[name=seed]');
      await page.keyboard.press('Enter');
      expect(await waitFor(page, ends)).toBe('finished');
      // The page is laid out anew some time after.
      await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    });
  });

  describe('without WebGPU', () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launch({ webgpu: false });
    });
    afterAll(() => browser?.close());

    test('an engine that is asked for and missing is told with its code, and auto takes another', async () => {
      const page = await openTraining(browser, server.url, { ...small, engine: 'webgpu', steps: 5 });
      await start(page);
      expect(await waitFor(page, ends)).toBe('failed');
      const { failure } = await shown(page);
      expect(failure).toContain('BACKEND_UNAVAILABLE');
      expect(failure).toContain('WebGPU');
      await page.click('#failure button:has-text("best engine")');
      expect(
        await waitFor(
          page,
          ends.filter((state) => state !== 'failed'),
        ),
      ).toBe('finished');
      const after = await shown(page);
      expect(after.engine).toMatch(/^wasm on .*not webgpu: /);
      expect(after.failure).toBe('');
    });
  });
});
