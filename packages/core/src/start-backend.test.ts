import { createRegistry, define, noOptions, plugin } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { describe, expect, test } from 'vitest';
import core, {
  type Backend,
  dynamicUns,
  geometry,
  setMemoryLimit,
  similarityConv2d,
  startBackend,
} from './index';

const absent: Backend = {
  priority: 99,
  probe: async () => ({ available: false, adapter: '', reason: 'no such device' }),
  start: async () => {},
};
const withAbsent = createRegistry(
  core,
  plugin('absent', '1.0.0', [
    define({
      kind: 'backend',
      name: 'absent',
      version: '1.0.0',
      summary: 'never there',
      options: noOptions,
      load: () => () => absent,
    }),
  ]),
);

const explodes: Backend = {
  priority: 98,
  probe: async () => ({ available: true, adapter: 'x', reason: 'looks fine' }),
  start: () => Promise.reject(new Error('driver exploded')),
};
const withExploding = createRegistry(
  core,
  plugin('exploding', '1.0.0', [
    define({
      kind: 'backend',
      name: 'exploding',
      version: '1.0.0',
      summary: 'fails to start',
      options: noOptions,
      load: () => () => explodes,
    }),
  ]),
);

describe('startBackend', () => {
  test('auto goes on to the next engine where one fails to start', async () => {
    const started = await startBackend(withExploding, 'auto');
    expect(started).toMatchObject({
      name: 'cpu',
      reason: expect.stringContaining('not exploding: driver exploded'),
    });
  });

  test('auto tries an adapter where its probe puts it', async () => {
    const slow = (found: number): Backend => ({
      ...explodes,
      probe: async () => ({ available: true, adapter: 'software', reason: 'slow', priority: found }),
    });
    const started = async (found: number) =>
      startBackend(
        createRegistry(
          core,
          plugin('slow', '1.0.0', [
            define({
              kind: 'backend',
              name: 'slow',
              version: '1.0.0',
              summary: 'a software adapter',
              options: noOptions,
              load: () => () => slow(found),
            }),
          ]),
        ),
        'auto',
      );
    // Behind cpu it is never reached; before it, it is tried and fails.
    expect((await started(-1)).reason).toBe('runs everywhere, slowly; not slow: slow');
    expect((await started(5)).reason).toContain('not slow: driver exploded');
  });

  test('options where none can be given are refused', async () => {
    for (const name of ['auto', 'wasm'])
      await expect(startBackend(createRegistry(core), name, { precision: 'fast' })).rejects.toMatchObject({
        code: 'BACKEND_OPTIONS',
        data: { name, options: { precision: 'fast' } },
      });
  });

  test('cpu by name, with gradients registered', async () => {
    expect(await startBackend(createRegistry(core), 'cpu')).toMatchObject({
      name: 'cpu',
      adapter: 'JavaScript',
    });
    expect(tf.getBackend()).toBe('cpu');
    const [dx] = tf.grads((x: tf.Tensor, w: tf.Tensor) =>
      similarityConv2d(x as tf.Tensor4D, w as tf.Tensor4D, null),
    )([tf.ones([1, 3, 3, 1]), tf.ones([3, 3, 1, 2])]);
    expect([...dx!.dataSync()]).toEqual(Array(9).fill(2));
  });

  test('an engine that registers tfjs’s own gradients again does not undo those of every order', async () => {
    await startBackend(createRegistry(core), 'cpu');
    const [ours, stock] = [tf.getGradient('Exp'), { kernelName: 'Exp', gradFunc: () => ({}) }];
    const careless: Backend = {
      ...explodes,
      start: async () => {
        tf.unregisterGradient('Exp');
        tf.registerGradient(stock);
      },
    };
    const registry = createRegistry(
      plugin('careless', '1.0.0', [
        define({
          kind: 'backend',
          name: 'cpu',
          version: '1.0.0',
          summary: 'brings its own copy of tfjs',
          options: noOptions,
          load: () => () => careless,
        }),
      ]),
    );
    await startBackend(registry, 'cpu');
    expect(tf.getGradient('Exp').gradFunc).toBe(ours.gradFunc);
  });

  test('auto takes the best that runs, and says why not the others', async () => {
    const started = await startBackend(withAbsent, 'auto');
    expect(started.name).toBe('cpu');
    expect(started.reason).toContain('not absent: no such device');
  });

  test('any backend registered with tfjs starts on the composed kernels', async () => {
    expect((await startBackend(createRegistry(core), 'wasm')).name).toBe('wasm');
    expect(tf.getBackend()).toBe('wasm');
  });

  test('unknown and unavailable engines are named', async () => {
    await expect(startBackend(withAbsent, 'webgpux')).rejects.toThrow(
      expect.objectContaining({ code: 'BACKEND_UNKNOWN', hint: expect.stringContaining('cpu') }),
    );
    await expect(startBackend(withAbsent, 'absent')).rejects.toThrow(
      expect.objectContaining({
        code: 'BACKEND_UNAVAILABLE',
        message: 'absent does not run here: no such device',
      }),
    );
    await expect(startBackend(createRegistry(), 'auto')).rejects.toThrow(
      expect.objectContaining({ code: 'BACKEND_UNAVAILABLE' }),
    );
  });

  test('what does not fit the engine is refused with the bytes it wants', async () => {
    await startBackend(createRegistry(core), 'cpu');
    setMemoryLimit('cpu', 1e6);
    try {
      const [x, w] = [tf.ones([1, 100, 100, 1]), tf.ones([3, 3, 1, 81])] as [tf.Tensor4D, tf.Tensor4D];
      const wanted = (bytes: number) =>
        expect.objectContaining({ code: 'ENGINE_MEMORY', data: expect.objectContaining({ wanted: bytes }) });
      expect(() => similarityConv2d(x, w, null, { pad: 'same' })).toThrow(wanted(3_240_000));
      // M is as large as the predicted z: refused too, while z itself fits.
      const z = tf.zeros([1, 40, 40, 81]);
      const before = tf.memory().numTensors;
      expect(() => dynamicUns().toM(z, geometry([40, 40, 1], [3, 3]))).toThrow(wanted(518_400));
      expect(tf.memory().numTensors).toBe(before);
    } finally {
      setMemoryLimit('cpu', Number.POSITIVE_INFINITY);
    }
  });
});
