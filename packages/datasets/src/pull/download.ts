// One file, from the first of its mirrors that has it: gone on with where it broke off, and in its place only once its
// checksum is right.

import { NeusimError } from '@neusim/registry';
import type { Download } from '../sources/types';
import { type Attempt, NetworkFailure, unreachable } from './errors';
import { Part, type PartFiles } from './part';
import { type Transfer, transfer } from './transfer';

/** Bytes of a file whose size is not declared. */
export const MAX_DOWNLOAD = 2 ** 36;

/** Failures one after another, without a byte between them, before a mirror is given up. */
const MOST_FAILURES = 5;

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  /** `total` is 0 where nobody knows it. */
  onProgress?(done: number, total: number): void;
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Waits before another try; default: really. */
  readonly wait?: ((milliseconds: number, signal?: AbortSignal) => Promise<void>) | undefined;
}

/**
 * Downloads to `path`, whose folder has to exist. What has arrived is kept as a part when the network breaks off, the disk
 * is full or the signal aborts, and the next call goes on with it.
 * @throws NeusimError `DATA_OFFLINE`, `DATA_BROKEN_OFF`, `DATA_HTTP`, `DATA_WRONG_LENGTH`, `DATA_TOO_LARGE`,
 *   `DATA_WRONG_CHECKSUM`, `DATA_DISK_FULL`, `PLATFORM_WRITE_FAILED`; the signal's reason
 */
export async function download(
  files: PartFiles,
  path: string,
  wanted: Download,
  options: DownloadOptions = {},
): Promise<void> {
  const { signal } = options;
  signal?.throwIfAborted();
  const part = await Part.open(files, path, wanted, wanted.bytes, signal);
  try {
    await fromMirrors(part, wanted, options);
  } catch (error) {
    // What went wrong first is told; a part that cannot be closed is no news then.
    await (isWrong(error) ? part.discard() : part.keep()).catch(() => {});
    throw error;
  }
}

async function fromMirrors(part: Part, wanted: Download, options: DownloadOptions): Promise<void> {
  const attempts: Attempt[] = [];
  let wrong: NeusimError | undefined;
  for (const url of wanted.urls) {
    try {
      return await fromMirror(part, url, wanted, options);
    } catch (error) {
      if (!(error instanceof NetworkFailure) && !isOfServer(error)) throw error;
      const reason = error instanceof NetworkFailure ? error.reason : error.code;
      attempts.push({ url, reason });
      if (error instanceof NeusimError) wrong = error;
      if (isWrong(error)) await part.restart();
      part.etag = undefined;
    }
  }
  throw wrong ?? unreachable(wanted.name, attempts, part.position);
}

/** A part that an earlier process has left may be the one that is wrong: then the whole is fetched once. */
async function fromMirror(
  part: Part,
  url: string,
  wanted: Download,
  options: DownloadOptions,
): Promise<void> {
  await patiently(part, url, wanted, options);
  const wasOld = part.isOld;
  try {
    return await part.finish();
  } catch (error) {
    if (!wasOld || !isWrong(error)) throw error;
  }
  await part.restart();
  await patiently(part, url, wanted, options);
  await part.finish();
}

async function patiently(
  part: Part,
  url: string,
  { bytes }: Download,
  { fetch = globalThis.fetch, wait = pause, signal, onProgress }: DownloadOptions,
): Promise<void> {
  const request: Transfer = { fetch, bytes, allowed: bytes ?? MAX_DOWNLOAD, signal, onProgress };
  let farthest = part.position;
  for (let failures = 1; ; failures++) {
    try {
      return await transfer(part, url, request);
    } catch (error) {
      if (!(error instanceof NetworkFailure)) throw error;
      if (part.position > farthest) failures = 1;
      farthest = Math.max(farthest, part.position);
      // A host without a name stays so.
      if (failures === MOST_FAILURES || error.reason === 'ENOTFOUND') throw error;
      await wait(1000 * 2 ** (failures - 1), signal);
    }
  }
}

const OF_SERVER = new Set(['DATA_HTTP', 'DATA_WRONG_LENGTH', 'DATA_TOO_LARGE', 'DATA_WRONG_CHECKSUM']);
const WRONG = new Set(['DATA_TOO_LARGE', 'DATA_WRONG_CHECKSUM']);

/** Another mirror may do better. */
function isOfServer(error: unknown): error is NeusimError {
  return error instanceof NeusimError && OF_SERVER.has(error.code);
}

/** What has arrived is not of this file. */
function isWrong(error: unknown): boolean {
  return error instanceof NeusimError && WRONG.has(error.code);
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
