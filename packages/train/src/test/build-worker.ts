/** Workers run JavaScript: the tests' module, bundled where tfjs is found. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll } from 'vitest';
import type { GoesWrong } from './worker';

/** Bundles `test/worker.ts` for the running file; its folder goes away at the end. */
export async function buildWorker(): Promise<URL> {
  const cache = fileURLToPath(new URL('../../../../node_modules/.cache/neusim/', import.meta.url));
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'test-worker-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const outfile = join(folder, 'worker.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./worker.ts', import.meta.url))],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['@tensorflow/*', 'sharp'],
    conditions: ['@neusim/source'],
    logLevel: 'error',
  });
  return pathToFileURL(outfile);
}

/** The same module, in which something goes wrong. */
export function goingWrong(worker: URL, what: GoesWrong): URL {
  const url = new URL(`${what.how}-${what.rank}-${what.step}.mjs`, worker);
  writeFileSync(url, `globalThis.goesWrong = ${JSON.stringify(what)};\nawait import('./worker.mjs');\n`);
  return url;
}
