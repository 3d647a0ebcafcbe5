// Tar archives made in code, the hostile ones too.

import { gzipSync } from 'node:zlib';
import { packTar, type TarHeader } from 'modern-tar';

/** Header fields (a name alone: a file), and the body. */
export type TarPart = readonly [name: string | (Partial<TarHeader> & { name: string }), body: Uint8Array];

export function makeTar(parts: readonly TarPart[]): Promise<Uint8Array> {
  return packTar(
    parts.map(([header, body]) => ({
      header: {
        type: 'file' as const,
        mtime: new Date(0),
        size: body.length,
        ...(typeof header === 'string' ? { name: header } : header),
      },
      ...(body.length > 0 ? { body } : {}),
    })),
  );
}

export async function makeTarGz(parts: readonly TarPart[]): Promise<Uint8Array> {
  return new Uint8Array(gzipSync(await makeTar(parts)));
}

export const text = (content: string) => new TextEncoder().encode(content);
