// A server in memory: what `fetch` of a test asks, with the ways in which servers differ and fail.

export interface ServedFile {
  readonly bytes: Uint8Array;
  /** Heeds `range`; default true. */
  readonly ranges?: boolean;
  readonly etag?: string;
  /** Ends the answer with an error after so many bytes of it, each time it is asked; undefined: never. */
  readonly breaksAfter?: (request: number) => number | undefined;
  /** Told instead of the real length; null: none. */
  readonly length?: number | null;
  readonly status?: number;
}

export interface Asked {
  readonly url: string;
  readonly range: string | null;
}

const CHUNK = 1000;

/** `fetch` for a table of URLs; others have no host. `asked` gets every request. */
export function serve(
  files: Readonly<Record<string, ServedFile>>,
  asked: Asked[] = [],
): typeof globalThis.fetch {
  const counts = new Map<string, number>();
  return async (input, init) => {
    const url = String(input);
    const headers = new Headers(init?.headers);
    const range = headers.get('range');
    asked.push({ url, range });
    init?.signal?.throwIfAborted();
    const file = files[url];
    if (!file)
      throw new TypeError('fetch failed', {
        cause: Object.assign(new Error('no host'), { code: 'ENOTFOUND' }),
      });
    const request = counts.get(url) ?? 0;
    counts.set(url, request + 1);
    const { bytes, ranges = true, etag, status, length = bytes.length } = file;
    if (status !== undefined) return new Response('no', { status });
    const isSame = headers.get('if-range') === null || headers.get('if-range') === etag;
    const from = range && ranges && isSame ? Number(/\d+/.exec(range)?.[0]) : 0;
    if (from >= bytes.length && from > 0) return new Response(null, { status: 416 });
    const body = bodyOf(bytes.subarray(from), file.breaksAfter?.(request), init?.signal ?? undefined);
    return new Response(body, {
      status: from > 0 ? 206 : 200,
      headers: {
        ...(etag && { etag }),
        ...(length !== null && { 'content-length': String(length - from) }),
        ...(from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
      },
    });
  };
}

function bodyOf(bytes: Uint8Array, breaksAfter = Number.POSITIVE_INFINITY, signal?: AbortSignal) {
  let at = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (signal?.aborted) return controller.error(signal.reason);
        if (at >= breaksAfter) return controller.error(new TypeError('terminated'));
        const end = Math.min(at + CHUNK, breaksAfter, bytes.length);
        if (end > at) controller.enqueue(bytes.slice(at, end));
        at = end;
        if (at === bytes.length) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}
