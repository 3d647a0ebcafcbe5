import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'tsup';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cores, port, spawn } from './node';

const echo = `
  import { port } from './node.mjs';
  const own = await port();
  own.onMessage((message) => {
    if (message === 'throw') throw new Error('as asked');
    if (message === 'exit') process.exit(3);
    if (message === 'leave') process.exit(0);
    if (message === 'close') return own.close();
    message.numbers[0] *= own.data.factor;
    own.post(message, [message.numbers.buffer]);
  });
`;

let folder: string;
let url: URL;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neusim-worker-'));
  await build({
    entry: [fileURLToPath(new URL('./node.ts', import.meta.url))],
    outDir: folder,
    format: 'esm',
    outExtension: () => ({ js: '.mjs' }),
    noExternal: [/^@neusim\//],
    esbuildOptions: (options) => {
      options.conditions = ['@neusim/source'];
    },
    config: false,
    silent: true,
  });
  await writeFile(join(folder, 'echo.mjs'), echo);
  url = pathToFileURL(join(folder, 'echo.mjs'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('workers in Node', () => {
  test('data goes in, messages go both ways, buffers move', async () => {
    const worker = spawn(url, { factor: 21 });
    const answer = new Promise((resolve, reject) => {
      worker.onMessage(resolve);
      worker.onError(reject);
    });
    const numbers = Float32Array.of(2, 5);
    worker.post({ numbers }, [numbers.buffer]);
    expect(numbers.length).toBe(0);
    expect(await answer).toEqual({ numbers: Float32Array.of(42, 5) });
    await worker.terminate();
  });

  test.each([
    ['throw', 'as asked'],
    ['exit', 'exit code 3'],
  ])('a worker told to %s reports it once', async (message, reason) => {
    const worker = spawn(url);
    const errors: Error[] = [];
    const first = new Promise<Error>((resolve) =>
      worker.onError((error) => {
        errors.push(error);
        resolve(error);
      }),
    );
    worker.post(message);
    expect(await first).toMatchObject({
      code: 'PLATFORM_WORKER_FAILED',
      message: expect.stringContaining(reason),
    });
    await worker.terminate();
    expect(errors).toHaveLength(1);
  });

  test.each(['leave', 'close'])(
    'a worker told to %s is told to have ended, and of no error',
    async (message) => {
      const worker = spawn(url, { factor: 1 });
      const told: string[] = [];
      const ended = new Promise<void>((resolve) =>
        worker.onExit(() => {
          told.push('exit');
          resolve();
        }),
      );
      worker.onError(() => told.push('error'));
      worker.post(message);
      await ended;
      await worker.terminate();
      expect(told).toEqual(['exit']);
    },
  );

  test('a worker that is terminated tells of neither', async () => {
    const worker = spawn(url, { factor: 1 });
    const told: string[] = [];
    worker.onExit(() => told.push('exit'));
    worker.onError(() => told.push('error'));
    await worker.terminate();
    expect(told).toEqual([]);
  });

  test('a module that is not there is an error, not a crash', async () => {
    const worker = spawn(new URL('missing.mjs', url));
    const error = await new Promise<Error>((resolve) => worker.onError(resolve));
    expect(error).toMatchObject({ code: 'PLATFORM_WORKER_FAILED' });
  });

  test('outside a worker there is no port', async () => {
    const { isMainThread } = await import('node:worker_threads');
    if (isMainThread) await expect(port()).rejects.toMatchObject({ code: 'PLATFORM_NOT_A_WORKER' });
    expect(cores()).toBeGreaterThanOrEqual(1);
  });
});
