// The built worker decodes a folder of images, for `openData` and so for `neusim train`.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { bundleWorker } from '../../../tools/bundle-worker';
import { neusim, temporaryFolder } from './test/terminal';

const worker = vi.hoisted((): { url: URL | undefined } => ({ url: undefined }));
vi.mock('./run/decode-worker-url', () => ({
  get decodeWorkerUrl() {
    return worker.url;
  },
}));

beforeAll(async () => {
  worker.url = await bundleWorker(new URL('./decode-worker.ts', import.meta.url));
});

/** Two classes of 60 images, which are bright or dark. */
function imageFolder(): string {
  const folder = temporaryFolder();
  for (const [name, least] of [
    ['bright', 150],
    ['dark', 0],
  ] as const) {
    mkdirSync(join(folder, name));
    for (let k = 0; k < 60; k++) {
      const data = Uint8Array.from({ length: 12 * 12 * 3 }, (_, i) => least + ((k * 7 + i * i) % 100));
      writeFileSync(join(folder, name, `${k}.png`), encode({ width: 12, height: 12, data, channels: 3 }));
    }
  }
  return folder;
}

const tiny = [
  'model={"name":"nsn-cifar","similarity":"static-uns","widths":[4,4],"depth":1}',
  'dataset={"name":"image-folder","size":8}',
  ...['steps=10', 'batchSize=8', 'schedule.warmup=2', 'evaluation.every=0', 'log.every=1'],
].flatMap((assignment) => ['--set', assignment]);

describe('neusim train on a folder of images', () => {
  test('decodes 120 by workers, once; then trains, and tells what loading took', async () => {
    vi.stubEnv('NEUSIM_CACHE', temporaryFolder());
    const folder = imageFolder();
    const run = (out: string) =>
      neusim(['train', 'image-folder', ...tiny, '--backend', 'cpu', '--data', folder, '--out', out]);
    const [first, second] = [join(temporaryFolder(), 'a'), join(temporaryFolder(), 'b')];
    const told = await run(first);
    expect(told.err).toMatch(/120\/120 {2}decoding/);
    expect(told).toMatchObject({ code: 0, out: expect.stringMatching(/Loading images took \d+\.\d %/) });
    const again = await run(second);
    expect(again.err).not.toContain('decoding');
    const result = (out: string) => JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'));
    expect(result(second).history).toEqual(result(first).history);
    expect(result(first).loadingShare).toBeGreaterThanOrEqual(0);
    expect(result(first).loadingShare).toBeLessThanOrEqual(1);
    vi.unstubAllEnvs();
  });

  test('stopped while decoding: 130, no run, and the next one goes on', async () => {
    const cache = temporaryFolder();
    vi.stubEnv('NEUSIM_CACHE', cache);
    const out = join(temporaryFolder(), 'run');
    const command = [
      'train',
      'image-folder',
      ...tiny,
      '--backend',
      'cpu',
      '--data',
      imageFolder(),
      '--out',
      out,
    ];
    const told = await neusim(command, (line, interrupt) => /decoding/.test(line) && interrupt());
    expect(told).toMatchObject({ code: 130, err: expect.stringContaining('Stopped.') });
    expect(existsSync(out)).toBe(false);
    expect((await neusim(command)).code).toBe(0);
    vi.unstubAllEnvs();
  });

  test('a corrupt image: exit code 2, its file, no stack; left out where it is wanted, with a warning', async () => {
    vi.stubEnv('NEUSIM_CACHE', temporaryFolder());
    const folder = imageFolder();
    writeFileSync(join(folder, 'dark', 'x.png'), 'no image');
    const out = join(temporaryFolder(), 'run');
    const command = ['train', 'image-folder', ...tiny, '--backend', 'cpu', '--data', folder, '--out', out];
    const told = await neusim(command);
    expect(told).toMatchObject({ code: 2, err: expect.stringContaining('DATASET_BAD_IMAGE') });
    expect(told.err).toContain(join('dark', 'x.png'));
    expect(told.err).not.toContain('    at ');
    const skipping = await neusim([...command, '--set', 'dataset.skipCorrupt=true']);
    expect(skipping).toMatchObject({
      code: 0,
      err: expect.stringContaining('Warning: 1 of 121 images do not decode'),
    });
    vi.unstubAllEnvs();
  });
});
