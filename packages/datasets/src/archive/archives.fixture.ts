// Archives made in code, the hostile ones too, and a folder to put them in.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { packTar, type TarHeader } from 'modern-tar';
import { afterAll } from 'vitest';

/** A folder that goes away at the end of the running file; gives the path of a file written in it. */
export function temporaryFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'neusim-archives-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return {
    folder,
    write(name: string, bytes: Uint8Array): string {
      const path = join(folder, name);
      writeFileSync(path, bytes);
      return path;
    },
  };
}

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
