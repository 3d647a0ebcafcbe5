// Workers as a page has them that is not cross-origin isolated: no shared memory, messages alone. They are stood in for by
// this thread, each with a model of its own on the one engine.

import core, { type Similarity, startBackend } from '@neusim/core';
import hypernet from '@neusim/hypernet';
import masks from '@neusim/masks';
import models, { disposeModel } from '@neusim/models';
import type { WorkerHandle } from '@neusim/platform';
import { createRegistry, define, noOptions, plugin } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
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
/** What workers were told to start. */
const started: unknown[] = [];

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
    trainTasks(registry, { start: async (...engine) => void started.push(engine) }),
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
    expect(started.splice(0)).toEqual([
      ['cpu', undefined],
      ['cpu', undefined],
    ]);
    // Threads of the engine in each worker would be too many.
    expect(tf.env().getFlags().WASM_HAS_MULTITHREAD_SUPPORT).toBe(false);
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

describe('what the workers refuse', () => {
  test('a model with a part that their registry lacks, by its name', async () => {
    const odd = define({
      kind: 'similarity',
      name: 'static-odd',
      version: '1.0.0',
      summary: 'half of the identity',
      options: noOptions,
      load: () => (): Similarity => ({
        name: 'static-odd',
        options: {},
        form: 'full',
        source: 'parameter',
        weights: ({ taps }) => [
          {
            name: 'similarity',
            shape: [taps, taps],
            init: tfl.initializers.identity({ gain: 0.5 }),
            role: 'similarity',
          },
        ],
        channels: () => 0,
        toM: (z) => z ?? null,
      }),
    });
    const own = createRegistry(core, hypernet, masks, models, plugin('odd', '1.0.0', [odd]));
    const config = small({ workers: 2, model: { name: 'nsn-digits', width: 2, similarity: 'static-odd' } });
    const before = tf.memory().numTensors;
    await expect(collect(config, { registry: own, workers })).rejects.toMatchObject({
      code: 'REGISTRY_UNKNOWN_NAME',
      message: expect.stringContaining('static-odd'),
      data: { worker: expect.any(Number) },
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  test("steps before there is a model, and weights that are not the model's", async () => {
    const model = registry
      .make('model', 'nsn-digits', { width: 2, inputShape: [8, 8, 1], classes: 3 })
      .build();
    const pool = await createPool({ url: workers.url, size: 2, spawn });
    const before = tf.memory().numTensors;
    await expect(pool.each('neusim/load', () => ({}))).rejects.toMatchObject({ code: 'POOL_NO_MODEL' });
    const place = { name: 'root/kernel', shape: [9], dtype: 'float32', trainable: true, from: 0, to: 9 };
    const item = { backend: 'cpu', topology: model.toJSON(null, false), places: [place], shared: null };
    await expect(pool.each('neusim/open', () => item)).rejects.toMatchObject({
      code: 'POOL_OTHER_MODEL',
      data: { weight: 'root/kernel', wanted: [9] },
    });
    expect(tf.memory().numTensors).toBe(before);
    await pool.close();
    await expect(pool.each('neusim/load')).rejects.toMatchObject({ code: 'POOL_CLOSED' });
    disposeModel(model);
  });
});
