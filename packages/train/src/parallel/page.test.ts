// Workers as a page has them that is not cross-origin isolated: no shared memory, messages alone. They are stood in for by
// this thread, each with a model of its own on the one engine.

import core, { startBackend } from '@neusim/core';
import hypernet from '@neusim/hypernet';
import masks from '@neusim/masks';
import models from '@neusim/models';
import type { WorkerHandle } from '@neusim/platform';
import { createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { createPool, serveTasks, type TrainWorkers, trainTasks } from '../index';
import { canShareMemory } from '../pool/meeting';
import { collect, ofType, small } from '../test/setup';

const registry = createRegistry(core, hypernet, masks, models);
beforeAll(async () => void (await startBackend(registry, 'cpu')));
afterEach(() => {
  vi.unstubAllGlobals();
});

/** How many buffers came with the messages. */
let moved = 0;

function spawn(_: URL, data: unknown): WorkerHandle {
  const { port1, port2 } = new MessageChannel();
  const side = (port: MessagePort) => ({
    post: (message: unknown, transfer: readonly ArrayBuffer[] = []) => {
      moved += transfer.length;
      port.postMessage(message, [...transfer]);
    },
    onMessage: (callback: (message: unknown) => void) => {
      port.addEventListener('message', (event) => callback(event.data));
      port.start();
    },
  });
  serveTasks(
    { data: structuredClone(data), ...side(port2), close: () => port2.close() },
    // The engine is started already.
    { ...trainTasks(registry, { start: async () => {} }), tensors: () => tf.memory().numTensors },
  );
  return {
    ...side(port1),
    onError: () => {},
    onExit: () => {},
    terminate: async () => port1.close(),
  };
}

const workers: TrainWorkers = {
  url: new URL('https://example.org/worker.js'),
  platform: { spawn, cores: () => 2 },
};

test.each(['isolated from no one', 'without the constructor'])(
  'a page %s trains by messages',
  async (page) => {
    vi.stubGlobal('crossOriginIsolated', false);
    if (page === 'without the constructor') vi.stubGlobal('SharedArrayBuffer', undefined);
    expect(canShareMemory()).toBe(false);
    moved = 0;
    const config = small({ workers: 2, steps: 4, evaluation: { batchSize: 11 } });
    const [start] = ofType(await collect(config, { registry, workers }), 'start');
    expect(start?.workers).toBe(2);
    // Each step: weights, gradients and images to each worker, weights and gradients back; before the evaluation weights
    // there and back; its batches.
    expect(moved).toBe(4 * 2 * (3 + 2) + 2 * (1 + 1) + 3);
  },
);

test('an isolated page trains in shared memory: the same curve to the bit', async () => {
  const config = small({ workers: 2, steps: 6 });
  vi.stubGlobal('crossOriginIsolated', true);
  moved = 0;
  const [shared] = ofType(await collect(config, { registry, workers }), 'end');
  // Images alone.
  expect(moved).toBe(6 * 2 + 1 + 1);
  vi.stubGlobal('crossOriginIsolated', false);
  const [byMessages] = ofType(await collect(config, { registry, workers }), 'end');
  expect(byMessages?.result.history).toEqual(shared?.result.history);
});

test('a pool of such workers closes', async () => {
  const pool = await createPool({ url: workers.url, size: 2, spawn });
  expect(await pool.each('tensors')).toHaveLength(2);
  await pool.close();
  await expect(pool.each('tensors')).rejects.toMatchObject({ code: 'POOL_CLOSED' });
});
