import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode } from 'fast-png';
import { build } from 'tsup';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as browser from './browser';
import * as node from './node';
import type { Platform } from './types';

const named = (name: string) => new DOMException(name, name);

/** As much of the origin-private file system as the platform uses. */
class MemoryFolder {
  failWrites = false;
  readonly entries = new Map<string, MemoryFolder | Uint8Array>();

  async getDirectoryHandle(name: string, { create = false } = {}): Promise<MemoryFolder> {
    if (create && !this.entries.has(name)) this.entries.set(name, new MemoryFolder());
    const entry = this.entries.get(name);
    if (!entry) throw named('NotFoundError');
    if (!(entry instanceof MemoryFolder)) throw named('TypeMismatchError');
    return entry;
  }

  async getFileHandle(name: string, { create = false } = {}) {
    if (create && !this.entries.has(name)) this.entries.set(name, new Uint8Array());
    const entry = this.entries.get(name);
    if (!entry) throw named('NotFoundError');
    if (entry instanceof MemoryFolder) throw named('TypeMismatchError');
    return {
      kind: 'file',
      name,
      getFile: async () => new Blob([this.entries.get(name) as Uint8Array<ArrayBuffer>]),
      /** With a name alone, in the same folder. */
      move: async (...to: [string] | [MemoryFolder, string]) => {
        const [folder, as] = to.length === 1 ? [this, to[0]] : to;
        folder.entries.set(as, this.entries.get(name) as Uint8Array);
        this.entries.delete(name);
      },
      createWritable: async ({ keepExistingData = false } = {}) => {
        let pending = keepExistingData ? (this.entries.get(name) as Uint8Array) : new Uint8Array();
        let at = 0;
        return {
          seek: async (to: number) => {
            at = to;
          },
          write: async (data: Uint8Array | string) => {
            if (this.failWrites) throw named('QuotaExceededError');
            const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
            const grown = new Uint8Array(Math.max(pending.length, at + bytes.length));
            grown.set(pending);
            grown.set(bytes, at);
            pending = grown;
            at += bytes.length;
          },
          close: async () => void this.entries.set(name, pending),
          abort: async () => {},
        };
      },
    };
  }

  async removeEntry(name: string): Promise<void> {
    if (!this.entries.delete(name)) throw named('NotFoundError');
  }

  async *keys() {
    yield* this.entries.keys();
  }

  /** Handles of files; a folder is its own. */
  async *values() {
    for (const [name, entry] of this.entries)
      yield entry instanceof MemoryFolder
        ? Object.assign(entry, { kind: 'directory', name })
        : await this.getFileHandle(name);
  }
}

describe('the browser platform', () => {
  test('exports the same names as Node, each a whole Platform', () => {
    const platforms: Platform[] = [node, browser];
    expect(platforms).toHaveLength(2);
    expect(Object.keys(browser).sort()).toEqual(Object.keys(node).sort());
  });

  test('bundles for a page, with nothing of Node in it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'neusim-browser-'));
    try {
      await build({
        entry: [fileURLToPath(new URL('./browser.ts', import.meta.url))],
        outDir: folder,
        format: 'esm',
        platform: 'browser',
        noExternal: [/./],
        esbuildOptions: (options) => {
          options.conditions = ['@neusim/source', 'browser'];
        },
        config: false,
        silent: true,
      });
      const code = await readFile(join(folder, 'browser.js'), 'utf8');
      expect(code).not.toMatch(/node:|\bprocess\.|\bBuffer\b|^import /m);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('files in a browser', () => {
  let root: MemoryFolder;
  beforeEach(() => {
    root = new MemoryFolder();
    vi.stubGlobal('navigator', { storage: { getDirectory: async () => root } });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test('write, read, list, remove', async () => {
    await browser.makeFolder('runs/demo');
    await browser.writeAtomic('runs/demo/a.txt', 'one');
    await browser.writeAtomic('runs/demo/a.txt', 'two');
    await browser.writeAtomic('/runs/demo/b.bin', Uint8Array.of(1, 2, 3).subarray(1));
    expect(await browser.readText('runs/demo/a.txt')).toBe('two');
    expect([...(await browser.readFile('runs/demo/b.bin'))]).toEqual([2, 3]);
    expect(await browser.size('runs/demo/b.bin')).toBe(2);
    await expect(browser.readFile('runs/demo/b.bin', 1)).rejects.toMatchObject({
      code: 'PLATFORM_TOO_LARGE',
      data: { path: 'runs/demo/b.bin', bytes: 2, maxBytes: 1 },
    });
    expect(await browser.listFolder('runs/demo')).toEqual(['a.txt', 'b.bin']);
    expect(await browser.exists('runs/demo')).toBe(true);
    expect(await browser.exists('runs/demo/a.txt')).toBe(true);
    expect(await browser.exists('runs/demo/a.txt/c')).toBe(false);
    await browser.removeFile('runs/demo/a.txt');
    await browser.removeFile('runs/demo/a.txt');
    expect(await browser.exists('runs/demo/a.txt')).toBe(false);
  });

  test('a folder moves with all in it, to a path that is free', async () => {
    await browser.makeFolder('a/b');
    await browser.writeAtomic('a/b/c.txt', 'c');
    await browser.writeAtomic('a/d.txt', 'd');
    await browser.renameFolder('a', 'e');
    expect(await browser.exists('a')).toBe(false);
    expect(await browser.readText('e/b/c.txt')).toBe('c');
    expect(await browser.readText('e/d.txt')).toBe('d');
    await browser.makeFolder('f');
    await expect(browser.renameFolder('e', 'f')).rejects.toMatchObject({ code: 'PLATFORM_WRITE_FAILED' });
    expect(await browser.listFolder('e')).toEqual(['b', 'd.txt']);
  });

  test('a write that fails keeps the old file, and leaves no new one', async () => {
    await browser.writeAtomic('a.txt', 'old');
    root.failWrites = true;
    for (const path of ['a.txt', 'new.txt']) {
      await expect(browser.writeAtomic(path, 'x')).rejects.toMatchObject({ code: 'PLATFORM_WRITE_FAILED' });
    }
    expect(await browser.readText('a.txt')).toBe('old');
    expect(await browser.listFolder('')).toEqual(['a.txt']);
  });

  test('a file in parts: kept and gone on with, there after finish, read anywhere', async () => {
    const file = await browser.createFile('a.bin');
    expect(await browser.listFolder('')).toEqual(['a.bin.partial']);
    await file.write(Uint8Array.of(1, 2, 3).subarray(1));
    await file.keep();
    expect(await browser.exists('a.bin')).toBe(false);
    const again = await browser.createFile('a.bin', { resume: true });
    expect(again.position).toBe(2);
    await again.write(Uint8Array.of(4));
    expect(again.position).toBe(3);
    await again.finish();
    expect(await browser.listFolder('')).toEqual(['a.bin']);
    const open = await browser.openFile('a.bin');
    expect(open.size).toBe(3);
    expect((await Promise.all([open.read(1, 2), open.read(0, 1)])).map((part) => [...part])).toEqual([
      [3, 4],
      [2],
    ]);
    await expect(open.read(2, 2)).rejects.toMatchObject({
      code: 'PLATFORM_READ_FAILED',
      data: { path: 'a.bin', reason: 'it ends at byte 3' },
    });
    await open.close();
    await expect(browser.openFile('no')).rejects.toMatchObject({ code: 'PLATFORM_FILE_MISSING' });
  });

  test('an empty file; a part that is dropped, or begun anew', async () => {
    await (await browser.createFile('empty')).finish();
    expect(await browser.size('empty')).toBe(0);
    const file = await browser.createFile('b');
    await file.write(Uint8Array.of(1));
    await file.discard();
    expect(await browser.listFolder('')).toEqual(['empty']);
    await browser.writeAtomic('c.partial', 'old');
    expect((await browser.createFile('c')).position).toBe(0);
    root.failWrites = true;
    await expect((await browser.createFile('c')).write(Uint8Array.of(1))).rejects.toMatchObject({
      code: 'PLATFORM_WRITE_FAILED',
      data: { reason: 'QuotaExceededError' },
    });
  });

  test('appended text; what folders hold; their paths; removed with all in them', async () => {
    await browser.makeFolder('runs/demo');
    await browser.appendFile('runs/log', 'a');
    await browser.appendFile('runs/log', Uint8Array.of(98));
    expect(await browser.readText('runs/log')).toBe('ab');
    expect(await browser.listEntries('runs')).toEqual([
      { name: 'demo', isFolder: true, isLink: false },
      { name: 'log', isFolder: false, isLink: false },
    ]);
    expect(await browser.stat('runs')).toEqual({ isFolder: true, size: 0, modified: 0 });
    expect(await browser.stat('runs/log')).toMatchObject({ isFolder: false, size: 2 });
    await expect(browser.stat('no')).rejects.toMatchObject({ code: 'PLATFORM_FILE_MISSING' });
    expect(await browser.realPath('/runs/./log')).toBe('runs/log');
    await expect(browser.realPath('runs/no')).rejects.toMatchObject({ code: 'PLATFORM_FILE_MISSING' });
    await browser.removeFolder('runs');
    await browser.removeFolder('runs');
    expect(await browser.exists('runs')).toBe(false);
    expect(browser.cacheFolder()).toBe('neusim-cache');
  });

  test('coded errors', async () => {
    const missing = { code: 'PLATFORM_FILE_MISSING', data: { path: 'no/a' } };
    await expect(browser.readFile('no/a')).rejects.toMatchObject(missing);
    await expect(browser.readFile('../a')).rejects.toMatchObject({ code: 'PLATFORM_UNSAFE_PATH' });
    await expect(browser.writeAtomic('no/a', 'x')).rejects.toMatchObject({ code: 'PLATFORM_WRITE_FAILED' });
    await expect(browser.writeAtomic('http://x/a', 'x')).rejects.toMatchObject({
      code: 'PLATFORM_WRITE_FAILED',
    });
    await expect(browser.port()).rejects.toMatchObject({ code: 'PLATFORM_NOT_A_WORKER' });
  });

  test('a model saves and loads there', async () => {
    const weightData = Float32Array.of(1, 2).buffer;
    await browser.modelFile('net').save({
      modelTopology: {},
      weightSpecs: [{ name: 'w', shape: [2], dtype: 'float32' }],
      weightData,
    });
    expect((await browser.modelFile('net/model.json').load()).weightData).toEqual(weightData);
  });

  test('URLs are fetched; a joined path keeps the scheme', async () => {
    const url = browser.joinPath('https://example.org/data/', 'train.bin');
    expect(url).toBe('https://example.org/data/train.bin');
    vi.stubGlobal('fetch', async (asked: string) =>
      asked === url
        ? new Response(Uint8Array.of(5, 6), { headers: { 'content-length': '2' } })
        : new Response(null, { status: 404 }),
    );
    expect([...(await browser.readFile(url, 2))]).toEqual([5, 6]);
    expect(await browser.size(url)).toBe(2);
    await expect(browser.readFile(url, 1)).rejects.toMatchObject({ code: 'PLATFORM_TOO_LARGE' });
    expect(await browser.exists(url)).toBe(true);
    expect(await browser.exists(`${url}.gz`)).toBe(false);
    await expect(browser.readFile(`${url}.gz`)).rejects.toMatchObject({ code: 'PLATFORM_FILE_MISSING' });
  });

  test('a URL that no network leads to: a coded error, also where one asks whether it is there', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
    for (const ask of [browser.exists, browser.size, browser.readFile])
      await expect(ask('https://example.org/a')).rejects.toMatchObject({ code: 'PLATFORM_READ_FAILED' });
  });
});

describe('images in a browser', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });
  const png = encode({ width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6), channels: 3 });

  test('are drawn on black and read back without their alpha', async () => {
    const calls: string[] = [];
    vi.stubGlobal('createImageBitmap', async (blob: Blob) => {
      calls.push(`decode ${blob.type}`);
      return { width: 2, height: 1, close: () => calls.push('close') };
    });
    vi.stubGlobal(
      'OffscreenCanvas',
      class {
        getContext = () => ({
          fillRect: () => calls.push('fill'),
          drawImage: () => calls.push('draw'),
          getImageData: () => ({ data: Uint8ClampedArray.of(1, 2, 3, 255, 4, 5, 6, 255) }),
        });
      },
    );
    expect(await browser.decodeImage(png, { maxPixels: 2 })).toEqual({
      width: 2,
      height: 1,
      channels: 3,
      data: Uint8Array.of(1, 2, 3, 4, 5, 6),
    });
    expect(calls).toEqual(['decode image/png', 'fill', 'draw', 'close']);
  });

  test('that are too large are not decoded, and corrupt ones are a coded error', async () => {
    vi.stubGlobal('createImageBitmap', () => Promise.reject(named('InvalidStateError')));
    await expect(browser.decodeImage(png, { maxPixels: 1 })).rejects.toMatchObject({
      code: 'PLATFORM_TOO_LARGE',
    });
    await expect(browser.decodeImage(png, { maxPixels: 2 })).rejects.toMatchObject({
      code: 'PLATFORM_BAD_IMAGE',
    });
  });
});

describe('workers in a browser', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  /** A worker in this thread: what is posted to it reaches the listener that its module would have set. */
  function stubWorkers() {
    const workers: FakeWorker[] = [];
    let listener: ((event: { data: unknown }) => void) | undefined;
    class FakeWorker extends EventTarget {
      ended = false;
      constructor(
        readonly url: URL,
        readonly options: WorkerOptions,
      ) {
        super();
        workers.push(this);
      }
      postMessage(data: unknown, transfer: Transferable[]) {
        const moved = structuredClone(data, { transfer });
        setTimeout(() => listener?.({ data: moved }));
      }
      terminate() {
        this.ended = true;
      }
    }
    vi.stubGlobal('Worker', FakeWorker);
    vi.stubGlobal('WorkerGlobalScope', class {});
    vi.stubGlobal('addEventListener', (_: string, callback: typeof listener) => {
      listener = callback;
    });
    return workers;
  }
  const url = new URL('https://example.org/worker.js');

  test('data goes in, messages go both ways, buffers move', async () => {
    const workers = stubWorkers();
    const handle = browser.spawn(url, { factor: 21 });
    const answer = new Promise((resolve) => handle.onMessage(resolve));
    const own = await browser.port();
    own.onMessage((message) => {
      const { numbers } = message as { numbers: Float32Array<ArrayBuffer> };
      numbers[0]! *= (own.data as { factor: number }).factor;
      own.post({ numbers }, [numbers.buffer]);
    });
    const numbers = Float32Array.of(2, 5);
    handle.post({ numbers }, [numbers.buffer]);
    expect(numbers.length).toBe(0);
    expect(await answer).toEqual({ numbers: Float32Array.of(42, 5) });
    expect(workers[0]?.options).toEqual({ type: 'module' });
    await handle.terminate();
    expect(workers[0]?.ended).toBe(true);
  });

  test('a worker that closes its port has ended; one that is terminated says nothing', async () => {
    stubWorkers();
    const told: string[] = [];
    const watch = (name: string) => {
      const handle = browser.spawn(url);
      handle.onError(() => told.push(`${name} error`));
      const ended = new Promise<void>((resolve) =>
        handle.onExit(() => {
          told.push(`${name} exit`);
          resolve();
        }),
      );
      return { handle, ended };
    };
    const first = watch('first');
    const own = await browser.port();
    own.onMessage(() => {});
    first.handle.onMessage(() => {});
    own.close();
    await first.ended;
    const second = watch('second');
    const other = await browser.port();
    second.handle.onMessage(() => {});
    await second.handle.terminate();
    other.close();
    await new Promise((resolve) => setTimeout(resolve));
    expect(told).toEqual(['first exit']);
  });

  test('a module that fails is one coded error', async () => {
    const workers = stubWorkers();
    const handle = browser.spawn(url);
    const errors: Error[] = [];
    handle.onError((error) => errors.push(error));
    for (const message of ['first', 'again'])
      workers[0]?.dispatchEvent(Object.assign(new Event('error'), { message }));
    expect(errors).toMatchObject([{ code: 'PLATFORM_WORKER_FAILED', data: { reason: 'first' } }]);
    await handle.terminate();
  });
});
