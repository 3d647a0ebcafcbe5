// A file piece by piece, and a stream of any such pieces. Streams in between hold a piece or two each, so what is in
// memory does not grow with the file.

import type { OpenFile } from '@neusim/platform';
import type { OpenProgress } from '../types';

/** Deflate packs 1,032 bytes into one at most: what one piece unpacks to is bounded by 32 MiB. */
const PIECE = 32 * 1024;

interface PieceOptions {
  /** Byte to begin with; default 0. */
  readonly from?: number;
  /** Byte to end before. */
  readonly to: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: OpenProgress) => void) | undefined;
}

/** Bytes `from`..`to` of a file. Rejects with the signal's reason, or what reading throws. */
export async function* piecesOf(
  file: OpenFile,
  { from = 0, to, signal, onProgress }: PieceOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = from; at < to; ) {
    signal?.throwIfAborted();
    const piece = await file.read(at, Math.min(PIECE, to - at));
    yield piece;
    at += piece.length;
    onProgress?.({ phase: 'unpacking', done: at, total: file.size });
  }
}

/** A stream that asks for the next piece when it is read. (Not `ReadableStream.from`, which some browsers lack.) */
export function streamOf<T>(pieces: AsyncGenerator<T>): ReadableStream<T> {
  return new ReadableStream<T>(
    {
      async pull(controller) {
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await pieces.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

/** The pieces of a stream. Leaving the loop cancels it. */
export async function* readStream<T>(stream: ReadableStream<T>): AsyncGenerator<T> {
  try {
    yield* readRest(stream);
  } finally {
    await stream.cancel().catch(() => {});
  }
}

/**
 * What is left of a stream. Leaving the loop leaves the rest for the next reader: an entry's body is read to its end, since
 * modern-tar takes a body that is cancelled late for the one of the next entry, which then never ends.
 */
export async function* readRest<T>(stream: ReadableStream<T>): AsyncGenerator<T> {
  const reader = stream.getReader();
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}
