// Whatever is captured for inference is disposed of, however the pass ends: recordings hold memory of the GPU.
import { eagerStep, setEngineAbilities, startBackend } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { parseConfig } from './config';
import { evaluate, train, trainTasks } from './index';
import { unpack } from './pool/messages';
import type { Pool } from './pool/pool';
import { chooseModel } from './prepare';
import { patterns } from './test/patterns';
import { registry, small } from './test/setup';

const count = { made: 0, alive: 0 };

beforeEach(async () => {
  await startBackend(registry, 'cpu');
  count.made = count.alive = 0;
  setEngineAbilities('cpu', {
    capture(step) {
      count.made++;
      count.alive++;
      return { ...eagerStep(step, 'counted'), dispose: () => void count.alive-- };
    },
  });
  return () => setEngineAbilities('cpu', {});
});

test('where nobody reads a run on in the middle of an evaluation', async () => {
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 300));
  onTestFinished(() => clock.mockRestore());
  const config = small({ steps: 2, evaluation: { every: 1, batchSize: 5 } });
  for await (const event of train(config, { registry, dataset: patterns }))
    if (event.type === 'progress' && event.phase === 'evaluation') break;
  expect(count).toEqual({ made: 2, alive: 0 });
});

test('a worker captures its inference once, and frees it with its model', async () => {
  const tasks = trainTasks(registry, { start: async () => {} });
  const run = (task: string, item: unknown) =>
    tasks[task]?.(unpack(item).value, { rank: 0, size: 1, gather: (own) => [own] });
  const pool = {
    size: 1,
    sharesMemory: false,
    each: async (task: string, itemOf: (rank: number) => unknown) => [
      unpack(await run(task, itemOf(0))).value,
    ],
    async *map(task: string, items: Iterable<unknown>) {
      for (const item of items) yield await run(task, await item);
    },
  } as unknown as Pool;
  const model = (await chooseModel(parseConfig(small()), registry, patterns)).build();
  for (const alive of [1, 1]) {
    await evaluate(model, patterns.test, { batchSize: 5, pool });
    expect(count.alive).toBe(alive);
  }
  expect(count.made).toBe(2);
  disposeModel(model);
});
