import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { saveBackbone, writePhotos } from '../test/photos';
import { neusim, temporaryFolder } from '../test/terminal';

test('of a data set whose parts lie apart, what is not asked for is not decoded', async () => {
  const home = temporaryFolder();
  vi.stubEnv('NEUSIM_CACHE', join(home, 'cache'));
  const [data, backbone] = [join(home, 'mini-imagenet'), join(home, 'backbone')];
  writePhotos(join(home, 'pictures'), Array(6).fill(4));
  mkdirSync(data);
  renameSync(join(home, 'pictures'), join(data, 'images'));
  const list = (...labels: number[]) =>
    [
      'filename,label',
      ...labels.flatMap((label) => [0, 1, 2, 3].map((i) => `class-${label}/${i}.png,n${label}`)),
    ].join('\n');
  const lists = { 'train.csv': list(0, 1, 2), 'val.csv': list(3), 'test.csv': list(4, 5) };
  for (const [name, text] of Object.entries(lists)) writeFileSync(join(data, name), text);
  await saveBackbone(backbone);
  const decoded = async (method: string, ...more: string[]) => {
    const { code, err, out } = await neusim([
      ...['fewshot', 'eval', '--method', method, '--data', data, '--backbone', backbone, '--backend', 'cpu'],
      ...['--way', '2', '--query', '2', '--episodes', '3', '--out', join(home, 'out'), '--json', ...more],
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(out).part).toBe(more.length > 0 ? 'all' : 'test');
    return [...err.matchAll(/(\d+)\/\1 {2}decoding/g)].map(([, count]) => Number(count));
  };
  expect(await decoded('proto-net')).toEqual([8]);
  // Base classes, which it wants to know, are read; then what is left, where all are tested.
  expect(await decoded('simple-shot')).toEqual([12]);
  expect(await decoded('simple-shot')).toEqual([]);
  expect(await decoded('proto-net', '--split', 'all')).toEqual([4]);
});
