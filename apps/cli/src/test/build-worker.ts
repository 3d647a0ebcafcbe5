// Workers run JavaScript: the worker of `neusim train`, bundled where its packages are found.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll } from 'vitest';

/** Its folder goes away at the end of the running file. */
export async function buildWorker(): Promise<URL> {
  const cache = fileURLToPath(new URL('../../../../node_modules/.cache/neusim/', import.meta.url));
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'cli-worker-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const outfile = join(folder, 'train-worker.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('../train-worker.ts', import.meta.url))],
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
