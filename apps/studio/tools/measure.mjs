// What a page costs while it trains, in a real Chromium on the built pages: the time from opening the page to the end of
// the first training step (all its pipelines compiled; the form is sent as soon as it is there), and the tasks of 50 ms
// and more on the main thread.
//   node apps/studio/tools/measure.mjs [--engine webgpu] [--network cnn-digits] [--steps 30] [--batch 8] [--json FILE]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { launch } from './chromium.mjs';
import { build, preview } from './pages.mjs';
import { ends, openTraining, shown, start, times, waitFor } from './train-page.mjs';

/**
 * Builds, serves, trains once.
 * @returns `firstStepMs` since the page was opened; `startToFirstStepMs` since the button; `longTasks` on the main thread
 *   between the button and the end: `atMs` since the button, and `ms`; `longestTaskMs`, 0 where there was none; `engine`
 *   and `state` as the page tells them; and the page's figures.
 */
export async function measure({
  engine = 'webgpu',
  network = 'cnn-digits',
  amount = 'few',
  steps = 30,
  batchSize = 8,
  seed = 1,
} = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'neusim-studio-'));
  let server;
  let browser;
  try {
    await build(folder);
    server = await preview(folder);
    browser = await launch();
    const settings = { network, engine, amount, steps, batchSize, seed };
    const page = await openTraining(browser, server.url, settings);
    await start(page);
    const state = await waitFor(page, ends, 600_000);
    const { engine: taken, failure, figures } = await shown(page);
    if (state === 'failed') throw new Error(failure);
    const at = await times(page);
    const longTasks = at.longTasks
      .filter(({ startTime }) => startTime >= at.start && startTime <= at.end)
      .map(({ startTime, duration }) => ({ atMs: Math.round(startTime - at.start), ms: duration }));
    return {
      browser: `Chromium ${browser.version()}`,
      // Without the line that says why.
      engine: taken.replace(/\s*Why: .*$/s, ''),
      state,
      settings,
      firstStepMs: Math.round(at['first-step']),
      startToFirstStepMs: Math.round(at['first-step'] - at.start),
      runMs: Math.round(at.end - at.start),
      longTasks,
      longestTaskMs: Math.max(0, ...longTasks.map(({ ms }) => ms)),
      figures,
    };
  } finally {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const text = { type: 'string' };
  const { values } = parseArgs({
    options: { engine: text, network: text, amount: text, steps: text, batch: text, json: text },
  });
  const { json, batch, steps, ...names } = values;
  const found = await measure({
    ...names,
    ...(steps && { steps: Number(steps) }),
    ...(batch && { batchSize: Number(batch) }),
  });
  const lines = `${JSON.stringify(found, null, 2)}\n`;
  if (json) writeFileSync(json, lines);
  else process.stdout.write(lines);
}
