import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startBackend } from '@neusim/core';
import * as platform from '@neusim/platform';
import { beforeAll, expect, test } from 'vitest';
import { readSeenClasses, seenClasses, writeSeenClasses } from './seen-classes';
import { patterns } from './test/patterns';
import { collect, registry, small, temporaryFolder } from './test/setup';

beforeAll(async () => void (await startBackend(registry, 'cpu')));

test('what is written is read; a folder without the file tells nothing', async () => {
  const out = temporaryFolder();
  expect(await readSeenClasses(platform, out)).toBeUndefined();
  const seen = seenClasses('image-folder', '/home/me/others/', ['a', 'b'], ['c']);
  expect(seen).toEqual({ dataset: 'image-folder', folder: 'others', train: ['a', 'b'], validation: ['c'] });
  await writeSeenClasses(platform, out, [seen, { ...seen }]);
  expect(await readSeenClasses(platform, out)).toEqual([seen]);
  expect(seenClasses('digits', undefined, ['0'])).toMatchObject({ folder: null, validation: [] });
});

test.each(['["cat","dog"]', '{"0":"cat"}', '{"format":"mine"}', 'null'])(
  'somebody else’s list beside a model, %s, tells nothing',
  async (text) => {
    const out = temporaryFolder();
    writeFileSync(join(out, 'classes.json'), text);
    expect(await readSeenClasses(platform, out)).toBeUndefined();
  },
);

test.each([
  ['not JSON', '{'],
  ['no classes', '{"format":"neusim-classes","version":1}'],
  [
    'names that are no text',
    '{"format":"neusim-classes","version":1,"seen":[{"dataset":"a","folder":null,"train":[1],"validation":[]}]}',
  ],
])('a file of %s is refused', async (_, text) => {
  const out = temporaryFolder();
  writeFileSync(join(out, 'classes.json'), text);
  await expect(readSeenClasses(platform, out)).rejects.toMatchObject({
    code: 'CLASSES_INVALID',
    data: { file: join(out, 'classes.json') },
  });
});

test('a run keeps the names of its classes, and one that goes on what it kept', async () => {
  const out = temporaryFolder();
  const run = (more: object) => collect(small({}), { registry, dataset: patterns, out, ...more });
  const own = { dataset: 'patterns', train: [...patterns.classes], validation: [] };
  await run({ folder: 'data/mine' });
  expect(await readSeenClasses(platform, out)).toEqual([{ ...own, folder: 'mine' }]);
  await run({ folder: 'data/moved', resume: true });
  expect(await readSeenClasses(platform, out)).toEqual([
    { ...own, folder: 'moved' },
    { ...own, folder: 'mine' },
  ]);
  const fresh = temporaryFolder();
  mkdirSync(fresh, { recursive: true });
  writeFileSync(join(fresh, 'classes.json'), 'of something else');
  await collect(small({}), { registry, dataset: patterns, out: fresh });
  expect(await readSeenClasses(platform, fresh)).toEqual([{ ...own, folder: null }]);
});
