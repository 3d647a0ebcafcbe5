// Gunzip and SHA-256 by the web's own streams and cryptography, which Node has too: one file for both platforms.

import { NeusimError } from '@neusim/registry';
import type { Bytes } from './types';

/** Web APIs refuse views of shared memory, so such bytes are copied first. */
function unshared(bytes: Uint8Array): Bytes {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Bytes) : new Uint8Array(bytes);
}

/** Joins chunks into one array of `length` bytes. */
export function concatenate(chunks: readonly Uint8Array[], length: number): Bytes {
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/**
 * Unpacks gzip. The result is bounded while it is unpacked: a small file that would unpack to more than
 * `maxBytes` is refused without the memory being taken.
 * @throws NeusimError `PLATFORM_TOO_LARGE`, `PLATFORM_BAD_GZIP`
 */
export async function gunzip(bytes: Uint8Array, maxBytes: number): Promise<Bytes> {
  const stream = new DecompressionStream('gzip');
  const writer = stream.writable.getWriter();
  // A fault in the data rejects both sides; the reading side reports it.
  writer
    .write(unshared(bytes))
    .then(() => writer.close())
    .catch(() => {});
  const reader = stream.readable.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (true) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw new NeusimError('PLATFORM_BAD_GZIP', `${bytes.length} bytes are not one whole gzip stream`, {
        data: { bytes: bytes.length, unpacked: length },
        hint: 'the file is damaged or cut short: fetch it again',
        cause,
      });
    });
    if (done) return concatenate(chunks, length);
    length += value.length;
    if (length > maxBytes) {
      reader.cancel().catch(() => {});
      throw new NeusimError(
        'PLATFORM_TOO_LARGE',
        `${bytes.length} bytes of gzip unpack to more than the ${maxBytes} bytes allowed`,
        { data: { bytes: bytes.length, maxBytes }, hint: 'check where the file comes from' },
      );
    }
    chunks.push(value);
  }
}

/**
 * SHA-256 as 64 hexadecimal digits, lower case.
 * @throws NeusimError `PLATFORM_INSECURE_PAGE` in a page that browsers give no cryptography
 */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) {
    throw new NeusimError('PLATFORM_INSECURE_PAGE', 'this page has no SHA-256', {
      hint: 'serve the page over https: or from localhost',
    });
  }
  const digest = new Uint8Array(await subtle.digest('SHA-256', unshared(bytes)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
