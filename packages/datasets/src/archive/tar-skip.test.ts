import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as platform from '@neusim/platform';
import { packTar } from 'modern-tar';
import { expect, onTestFinished, test } from 'vitest';
import { extractTar } from './tar';

test.each([
  ['is not read', undefined],
  ['is left out', (name: string) => name !== 'short'],
])('an entry of 10 bytes that %s takes nothing from the 300,000 bytes after it', async (_, filter) => {
  const folder = await mkdtemp(join(tmpdir(), 'neusim-tar-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const long = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
  const entry = (name: string, body: Uint8Array<ArrayBuffer>) => ({
    header: { name, size: body.length },
    body,
  });
  const path = join(folder, 'a.tar');
  await writeFile(path, await packTar([entry('short', long.slice(0, 10)), entry('long', long)]));
  const met: Uint8Array[] = [];
  await extractTar(platform, path, {
    maxBytes: 1e6,
    filter,
    onEntry: async (each) => void (each.name === 'long' && met.push(await each.bytes())),
  });
  expect(met).toHaveLength(1);
  expect(Buffer.compare(met[0]!, long)).toBe(0);
});
