// One request, from the byte where a part ends to the end of the file. A server that knows no ranges, or has another
// file by now, sends it from the start, and the part begins anew.

import { NetworkFailure, refused, wrongLength } from './errors';
import type { Part } from './part';

export interface Transfer {
  readonly fetch: typeof globalThis.fetch;
  /** Bytes of the file, where they are known beforehand. */
  readonly bytes: number | undefined;
  /** Never more are read. */
  readonly allowed: number;
  readonly signal?: AbortSignal | undefined;
  /** `total` is 0 where nobody knows it. */
  onProgress?(done: number, total: number): void;
}

/** Answers that may be another one soon. */
const FOR_A_WHILE = new Set([408, 425, 429, 500, 502, 503, 504]);
const RANGE_NOT_SATISFIABLE = 416;

/**
 * Brings the rest of `url` into `part`.
 * @throws NetworkFailure; NeusimError `DATA_HTTP`, `DATA_WRONG_LENGTH`, and what `Part.write` throws; the signal's reason
 */
export async function transfer(part: Part, url: string, options: Transfer): Promise<void> {
  const { bytes, allowed, signal, onProgress } = options;
  if (bytes !== undefined && part.position === bytes) return;
  const { response, total } = await request(part, url, options);
  if (bytes !== undefined && total !== undefined && total !== bytes) {
    await response.body?.cancel().catch(() => {});
    throw wrongLength(url, total, bytes);
  }
  const wanted = bytes ?? total;
  const reader = response.body?.getReader();
  try {
    onProgress?.(part.position, wanted ?? 0);
    while (reader) {
      const { done, value } = await reader.read().catch((cause) => {
        throw failure(url, cause, signal);
      });
      if (done) break;
      await part.write(value, url, Math.min(allowed, wanted ?? allowed));
      onProgress?.(part.position, wanted ?? 0);
    }
  } finally {
    await reader?.cancel().catch(() => {});
  }
  if (wanted !== undefined && part.position < wanted)
    throw new NetworkFailure(url, `the server stopped at byte ${part.position} of ${wanted}`);
}

/** The answer that begins where the part ends, which is the start where the server gives no ranges. */
async function request(
  part: Part,
  url: string,
  { fetch, signal }: Pick<Transfer, 'fetch' | 'signal'>,
): Promise<{ response: Response; total: number | undefined }> {
  const from = part.position;
  const response = await ask(fetch, url, part, signal);
  const range = response.status === 206 ? contentRange(response) : undefined;
  const fits = response.status === 206 ? range?.start === from : response.ok;
  if (fits) {
    if (range === undefined && from > 0) await part.restart();
    part.etag = strongTag(response);
    return { response, total: range ? range.total : contentLength(response) };
  }
  await response.body?.cancel().catch(() => {});
  if (from > 0 && (response.status === 206 || response.status === RANGE_NOT_SATISFIABLE)) {
    await part.restart();
    return request(part, url, { fetch, signal });
  }
  if (FOR_A_WHILE.has(response.status)) throw new NetworkFailure(url, `HTTP ${response.status}`);
  throw refused(url, response.status);
}

async function ask(fetch: typeof globalThis.fetch, url: string, part: Part, signal?: AbortSignal) {
  // Packed on the way, neither lengths nor ranges would be those of the file.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (part.position > 0) {
    headers.range = `bytes=${part.position}-`;
    if (part.etag) headers['if-range'] = part.etag;
  }
  try {
    return await fetch(url, { headers, ...(signal && { signal }) });
  } catch (cause) {
    throw failure(url, cause, signal);
  }
}

function failure(url: string, cause: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  const { code, message } = Object((cause as Error | undefined)?.cause ?? cause) as {
    code?: string;
    message?: string;
  };
  return new NetworkFailure(url, code ?? message ?? String(cause), cause);
}

function contentRange(response: Response): { start: number; total: number | undefined } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  return match
    ? { start: Number(match[1]), total: match[2] === '*' ? undefined : Number(match[2]) }
    : undefined;
}

function contentLength({ headers }: Response): number | undefined {
  const length = headers.get('content-length');
  const isPacked = !['identity', null].includes(headers.get('content-encoding'));
  return length === null || isPacked ? undefined : Number(length);
}

/** Only a strong one says that bytes are the same. */
function strongTag({ headers }: Response): string | undefined {
  const tag = headers.get('etag');
  return tag?.startsWith('"') ? tag : undefined;
}
