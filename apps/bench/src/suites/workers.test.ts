import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { startEngines } from '../engines';
import { benchWorkers } from './workers';

test('the suite workers, quick: a row each, and the scaling of both', async () => {
  const cache = fileURLToPath(new URL('../../../../node_modules/.cache/neusim/', import.meta.url));
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'bench-'));
  const [worker, process] = ['train-worker', 'train-process'].map((name) => join(folder, `${name}.mjs`)) as [
    string,
    string,
  ];
  try {
    for (const outfile of [worker, process])
      await build({
        entryPoints: [
          fileURLToPath(
            new URL(`../${outfile === worker ? 'train-worker' : 'train-process'}.ts`, import.meta.url),
          ),
        ],
        outfile,
        bundle: true,
        format: 'esm',
        platform: 'node',
        target: 'node20',
        external: ['@tensorflow/*', 'sharp'],
        conditions: ['@neusim/source'],
        logLevel: 'error',
      });
    await startEngines();
    const { rows, ratios } = await benchWorkers(true, {
      worker: pathToFileURL(worker),
      process: pathToFileURL(process),
    });
    expect(rows.map(({ name }) => name.split(', ')[1])).toEqual([
      'one process',
      'each of two processes',
      'one worker',
      '2 workers',
    ]);
    expect(Object.keys(ratios)).toEqual(['twoProcessesScaling', 'workers2Scaling']);
    for (const value of Object.values(ratios)) expect(value).toBeGreaterThan(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
