// A page built by Vite, served, and opened in a Chromium where there is one.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { build, preview } from 'vite';
import { findChromium } from '../adapter.mjs';

/** `{ browser, found }`, what the page's `window.found` resolves to; or `{ missing }`, why it was not opened. */
export async function runPage(folder) {
  writeFileSync(join(folder, 'index.html'), '<!doctype html><script type="module" src="./page.js"></script>');
  const common = { root: folder, configFile: false, logLevel: 'error' };
  await build({ ...common, build: { target: 'es2022', chunkSizeWarningLimit: 4000 } });
  const { path, missing } = findChromium();
  if (missing) return { missing: `${missing}; it builds` };
  const server = await preview({ ...common, preview: { host: '127.0.0.1', port: 0 } });
  const browser = await chromium.launch({ executablePath: path, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    const errors = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(server.resolvedUrls.local[0]);
    const found = await page.evaluate(async () => {
      try {
        return await window.found;
      } catch (error) {
        return { error: String(error) };
      }
    });
    return { browser: `Chromium ${browser.version()}`, found: found ?? { error: errors.join('\n') } };
  } finally {
    await browser.close();
    await server.close();
  }
}
