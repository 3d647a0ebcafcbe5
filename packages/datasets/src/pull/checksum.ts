// Checksums of what streams by, and of files, without holding them in memory.

import type { Files } from '@neusim/platform';
import { createMD5, createSHA256, createSHA512 } from 'hash-wasm';
import type { Checksums } from '../sources/types';

/** The strongest first. */
const makers = { sha512: createSHA512, sha256: createSHA256, md5: createMD5 } as const;

export type Algorithm = keyof typeof makers;

const PIECE = 2 ** 20;

/** The strongest checksum that is given. */
export function strongest(sums: Checksums): { algorithm: Algorithm; wanted: string } | undefined {
  for (const algorithm of Object.keys(makers) as Algorithm[]) {
    const wanted = sums[algorithm];
    if (wanted !== undefined) return { algorithm, wanted };
  }
  return undefined;
}

export interface Hash {
  update(bytes: Uint8Array): void;
  /** Hexadecimal digits, lower case; once. */
  digest(): string;
  /** Forgets all it has taken. */
  restart(): void;
}

export async function createHash(algorithm: Algorithm): Promise<Hash> {
  const hasher = await makers[algorithm]();
  hasher.init();
  return {
    update: (bytes) => void hasher.update(bytes),
    digest: () => hasher.digest('hex'),
    restart: () => void hasher.init(),
  };
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes read so far, and in all. */
  onProgress?(done: number, total: number): void;
}

/** Gives all of a file to `take`, piece by piece, and resolves to its size. */
export async function readPieces(
  files: Pick<Files, 'openFile'>,
  path: string,
  take: (piece: Uint8Array) => void,
  { signal, onProgress }: ReadOptions = {},
): Promise<number> {
  const file = await files.openFile(path);
  try {
    for (let at = 0; at < file.size; ) {
      signal?.throwIfAborted();
      const piece = await file.read(at, Math.min(PIECE, file.size - at));
      take(piece);
      at += piece.length;
      onProgress?.(at, file.size);
    }
    return file.size;
  } finally {
    await file.close();
  }
}

/** The checksum of a file. */
export async function hashFile(
  files: Pick<Files, 'openFile'>,
  path: string,
  algorithm: Algorithm,
  options?: ReadOptions,
): Promise<string> {
  const hash = await createHash(algorithm);
  await readPieces(files, path, (piece) => hash.update(piece), options);
  return hash.digest();
}
