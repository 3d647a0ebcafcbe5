// Who decodes: this thread, or workers that take the next image as they become free.

import { NeusimError } from '@neusim/registry';
import type { DatasetPlatform, OpenOptions } from '../types';
import { type DecodeOptions, decodeToSize } from './decode';
import type { FromDecoder } from './serve-decoder';

export interface Decoder {
  /** How many images to hand over at a time, so that nobody waits. */
  readonly atOnce: number;
  /** @returns [height, width, channels] */
  decode(bytes: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Fewer images a worker are decoded sooner than it has started. */
const LEAST_PER_WORKER = 50;
/** A worker has one image to go on with while it decodes another. */
const PER_WORKER = 3;

/** @param images how many there are to decode. */
export function createDecoder(
  platform: DatasetPlatform,
  options: DecodeOptions,
  workers: OpenOptions['workers'],
  images: number,
): Decoder {
  const wanted = workers ? (workers.threads ?? platform.cores()) : 0;
  const threads = Math.min(wanted, Math.floor(images / LEAST_PER_WORKER));
  return workers && threads > 0
    ? inWorkers(platform, options, workers.url, threads)
    : { atOnce: 2, decode: (bytes) => decodeToSize(platform, bytes, options), close: async () => {} };
}

interface Waiting {
  done(pixels: Uint8Array): void;
  fail(error: unknown): void;
}

function inWorkers(platform: DatasetPlatform, options: DecodeOptions, url: URL, threads: number): Decoder {
  const { size, channels, fit, maxPixels } = options;
  const waiting = new Map<number, Waiting>();
  let dead: unknown;
  let id = 0;
  const die = (error: unknown) => {
    dead ??= error;
    for (const { fail } of waiting.values()) fail(dead);
    waiting.clear();
  };
  const crew = Array.from({ length: threads }, () => {
    const worker = platform.spawn(url, { size, channels, fit, maxPixels });
    const member = { worker, load: 0 };
    worker.onMessage((message) => {
      const { id, pixels, error } = message as FromDecoder;
      const whose = waiting.get(id);
      waiting.delete(id);
      member.load--;
      if (pixels) whose?.done(pixels);
      else whose?.fail(new NeusimError(error?.code ?? '', error?.message ?? '', error));
    });
    worker.onError(die);
    worker.onExit(() =>
      die(new NeusimError('DATASET_DECODER_FAILED', `the worker ${url.pathname} ended of itself`)),
    );
    return member;
  });
  return {
    atOnce: threads * PER_WORKER,
    decode: (bytes) =>
      new Promise((done, fail) => {
        if (dead) return fail(dead);
        const own = bytes.slice();
        const member = crew.reduce((least, each) => (each.load < least.load ? each : least));
        member.load++;
        waiting.set(++id, { done, fail });
        member.worker.post({ id, bytes: own }, [own.buffer]);
      }),
    async close() {
      dead ??= new NeusimError('DATASET_DECODER_FAILED', 'the decoder is closed');
      await Promise.all(crew.map(({ worker }) => worker.terminate()));
    },
  };
}
