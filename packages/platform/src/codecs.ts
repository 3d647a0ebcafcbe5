// Gunzip and SHA-256 by the web's own streams and cryptography, which Node has too: one file for both platforms.

import { NeusimError } from '@neusim/registry';
import type { Bytes } from './types';

/** Web APIs refuse views of shared memory, so such bytes are copied first. */
export function unshared(bytes: Uint8Array): Bytes {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Bytes) : new Uint8Array(bytes);
}

export function concatBytes(parts: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** All of a stream; as soon as it passes `maxBytes` it is given up, and `refuse` makes the error. */
export async function collect(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
  refuse: (bytes: number) => Error,
): Promise<Bytes> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (true) {
    const { done, value } = await reader.read();
    if (done) return concatBytes(chunks);
    length += value.length;
    if (length > maxBytes) {
      reader.cancel().catch(() => {});
      throw refuse(length);
    }
    chunks.push(value);
  }
}

/** Unpacks one whole stream of at most `maxBytes`; rejects with `PLATFORM_TOO_LARGE`, or the reason of a fault. */
export function unpack(format: 'gzip' | 'deflate', bytes: Uint8Array, maxBytes: number): Promise<Bytes> {
  const stream = new DecompressionStream(format);
  const writer = stream.writable.getWriter();
  // A fault in the data rejects both sides; the reading side reports it.
  writer
    .write(unshared(bytes))
    .then(() => writer.close())
    .catch(() => {});
  return collect(
    stream.readable,
    maxBytes,
    () =>
      new NeusimError(
        'PLATFORM_TOO_LARGE',
        `${bytes.length} bytes of ${format} unpack to more than the ${maxBytes} bytes allowed`,
        { data: { bytes: bytes.length, maxBytes }, hint: 'check where the file comes from' },
      ),
  );
}

/**
 * Unpacks gzip. The result is bounded while it is unpacked: a small file that would unpack to more than
 * `maxBytes` is refused without the memory being taken.
 * @throws NeusimError `PLATFORM_TOO_LARGE`, `PLATFORM_BAD_GZIP`
 */
export async function gunzip(bytes: Uint8Array, maxBytes: number): Promise<Bytes> {
  try {
    return await unpack('gzip', bytes, maxBytes);
  } catch (cause) {
    if (cause instanceof NeusimError) throw cause;
    throw new NeusimError('PLATFORM_BAD_GZIP', `${bytes.length} bytes are not one whole gzip stream`, {
      data: { bytes: bytes.length },
      hint: 'the file is damaged or cut short: fetch it again',
      cause,
    });
  }
}

/**
 * SHA-256 as 32 bytes.
 * @throws NeusimError `PLATFORM_INSECURE_PAGE` in a page that browsers give no cryptography
 */
export async function sha256Bytes(bytes: Uint8Array): Promise<Bytes> {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) {
    throw new NeusimError('PLATFORM_INSECURE_PAGE', 'this page has no SHA-256', {
      hint: 'serve the page over https: or from localhost',
    });
  }
  return new Uint8Array(await subtle.digest('SHA-256', unshared(bytes)));
}

/**
 * SHA-256 as 64 hexadecimal digits, lower case.
 * @throws NeusimError `PLATFORM_INSECURE_PAGE` in a page that browsers give no cryptography
 */
export async function sha256(bytes: Uint8Array): Promise<string> {
  return Array.from(await sha256Bytes(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
