import { beforeAll, expect, test } from 'vitest';
import { bundleWorker } from '../../../../tools/bundle-worker';
import { startEngines } from '../engines';
import { benchWorkers } from './workers';

let worker: URL;
let process: URL;
beforeAll(async () => {
  [worker, process] = await Promise.all([
    bundleWorker(new URL('../train-worker.ts', import.meta.url)),
    bundleWorker(new URL('../train-process.ts', import.meta.url)),
  ]);
});

test('the suite workers, quick: a row each, and the scaling of both', async () => {
  await startEngines();
  const { rows, ratios } = await benchWorkers(true, {
    worker,
    process,
  });
  expect(rows.map(({ name }) => name.split(', ')[1])).toEqual([
    'one process',
    'each of two processes',
    'one worker',
    '2 workers',
  ]);
  expect(Object.keys(ratios)).toEqual(['twoProcessesScaling', 'workers2Scaling']);
  for (const value of Object.values(ratios)) expect(value).toBeGreaterThan(0);
});
