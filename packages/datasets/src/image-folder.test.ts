import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createRegistry, type NeusimError } from '@neusim/registry';
import { describe, expect, test } from 'vitest';
import { addTo, contents, folderOf, openFolder } from './files/files.fixture';
import datasets from './index';

const registry = createRegistry(datasets);
const source = (options: object = {}) =>
  registry.make('dataset', 'image-folder', { size: [3, 4], ...options });

describe('image-folder', () => {
  test('train/ and test/: classes by name, folders in them are walked, other files ignored', async () => {
    const folder = await folderOf({
      'train/dog/1.png': 1,
      'train/dog/more/2.PNG': 2,
      'train/cat/3.png': 3,
      'train/cat/._3.png': 'hidden',
      'train/cat/Thumbs.db': 'x',
      'train/cat/notes.txt': 'x',
      'train/.hidden/4.png': 4,
      'test/dog/5.png': 5,
      'test/cat/6.png': 6,
      'readme.txt': 'x',
    });
    const set = await openFolder(source(), folder);
    expect(set.classes).toEqual(['cat', 'dog']);
    expect(set.shape).toEqual([3, 4, 3]);
    expect(contents(set, set.train, folder)).toEqual([
      'train/cat/3.png cat',
      'train/dog/1.png dog',
      'train/dog/more/2.PNG dog',
    ]);
    expect(contents(set, set.test, folder)).toEqual(['test/cat/6.png cat', 'test/dog/5.png dog']);
  });

  test.each(['val', 'validation', 'valid'])('%s/ is tested on too', async (name) => {
    const folder = await folderOf({ 'train/a/1.png': 1, 'train/b/2.png': 2, [`${name}/a/3.png`]: 3 });
    const set = await openFolder(source(), folder);
    expect(contents(set, set.test, folder)).toEqual([`${name}/a/3.png a`]);
  });

  test('class folders alone: a fifth of each class, by the seed', async () => {
    const files = Object.fromEntries(
      ['a', 'b'].flatMap((name) => Array.from({ length: 10 }, (_, i) => [`${name}/${i}.png`, i])),
    );
    const folder = await folderOf(files);
    const set = await openFolder(source(), folder);
    expect([set.train.count, set.test.count]).toEqual([16, 4]);
    expect([...set.test.labels]).toEqual([0, 0, 1, 1]);
    const again = await openFolder(source(), folder);
    expect(contents(again, again.test, folder)).toEqual(contents(set, set.test, folder));
    const other = await openFolder(source({ seed: 1, test: 0.5 }), folder);
    expect([...other.test.labels]).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
    const tested = new Set(contents(set, set.test, folder));
    expect(contents(set, set.train, folder).some((name) => tested.has(name))).toBe(false);
  });

  test('Tiny ImageNet as published: images/ in each class, a list in val/, and test/ without labels', async () => {
    const folder = await folderOf({
      'train/n01443537/images/n01443537_0.png': 1,
      'train/n01443537/n01443537_boxes.txt': 'x',
      'train/n01629819/images/n01629819_0.png': 2,
      'val/images/val_0.png': 3,
      'val/images/val_1.png': 4,
      'val/val_annotations.txt': 'val_0.png\tn01629819\t0\t32\t44\t62\nval_1.png\tn01443537\t1\t2\t3\t4\n',
      'test/images/test_0.png': 5,
    });
    const set = await openFolder(source(), folder);
    expect(set.classes).toEqual(['n01443537', 'n01629819']);
    expect(contents(set, set.test, folder)).toEqual([
      'val/images/val_0.png n01629819',
      'val/images/val_1.png n01443537',
    ]);
    const chosen = await openFolder(source({ classes: ['n01629819'] }), folder);
    expect(contents(chosen, chosen.test, folder)).toEqual(['val/images/val_0.png n01629819']);
  });

  test('classes to keep, and as many images of each as a limit leaves', async () => {
    const folder = await folderOf({
      ...Object.fromEntries(['a', 'b', 'c'].flatMap((c) => [1, 2, 3].map((i) => [`train/${c}/${i}.png`, i]))),
      'test/a/1.png': 1,
      'test/b/1.png': 1,
      'test/c/1.png': 1,
    });
    const set = await openFolder(source({ classes: ['c', 'a'], limit: { train: 3 } }), folder);
    expect(set.classes).toEqual(['a', 'c']);
    expect(contents(set, set.train, folder)).toEqual([
      'train/a/1.png a',
      'train/a/2.png a',
      'train/c/1.png c',
    ]);
  });
});

describe('image folders that are refused', () => {
  const refused = (folder: string | undefined, options: object = {}) => {
    return openFolder(source(options), folder).then(
      () => {
        throw new Error('was opened');
      },
      (error: NeusimError) => error,
    );
  };
  const two = { 'train/a/1.png': 1, 'train/b/2.png': 2, 'test/a/3.png': 3 };

  test('none given, none there, one without class folders', async () => {
    expect(await refused(undefined)).toMatchObject({ code: 'DATASET_NO_FOLDER' });
    const folder = await folderOf({ 'a/1.png': 1, 'file.png': 1 });
    expect(await refused(join(folder, 'none'))).toMatchObject({ code: 'DATASET_NOT_FOUND' });
    expect(await refused(join(folder, 'file.png'))).toMatchObject({ code: 'DATASET_NOT_FOUND' });
    expect(await refused(folder)).toMatchObject({ code: 'DATASET_NOT_FOUND', data: { found: ['a'] } });
  });

  test('a class without an image: what else is there is told', async () => {
    const folder = await folderOf({ ...two, 'train/b/2.gif': 'x', 'train/c/notes.txt': 'x' });
    const error = await refused(folder);
    expect(error).toMatchObject({ code: 'DATASET_EMPTY_CLASS', data: { class: 'c' } });
    expect(error.message).toContain('1 other files there are no images by their names');
  });

  test('a class to test on only, a class unknown', async () => {
    const folder = await folderOf({ ...two, 'test/z/4.png': 4 });
    expect(await refused(folder)).toMatchObject({ code: 'DATASET_BAD_LABEL', data: { class: 'z' } });
    expect(await refused(folder, { classes: ['a', 'q'] })).toMatchObject({
      code: 'DATASET_UNKNOWN_CLASS',
      data: { class: 'q' },
      hint: 'known: a, b',
    });
  });

  test('an image that is none, by its file', async () => {
    const folder = await folderOf({ ...two, 'train/b/5.jpg': 'no image' });
    expect(await refused(folder)).toMatchObject({
      code: 'DATASET_BAD_IMAGE',
      data: { file: join(folder, 'train/b/5.jpg') },
    });
  });

  test('a file of more bytes than its pixels may take', async () => {
    const folder = await folderOf({ ...two, 'train/b/5.png': new Uint8Array(2 ** 20 + 8 * 100 + 1) });
    expect(await refused(folder, { maxPixels: 100 })).toMatchObject({
      code: 'DATASET_BAD_IMAGE',
      cause: { code: 'PLATFORM_TOO_LARGE' },
    });
  });

  test('links: inside they are followed; out of the folder, to nothing and in circles they are refused', async () => {
    const outside = await folderOf({ 'secret.png': 9 });
    const folder = await folderOf(two);
    await symlink(join(folder, 'train/a/1.png'), join(folder, 'train/b/link.png'));
    await symlink(join(outside, 'notes.txt'), join(folder, 'train/b/link.txt'));
    const set = await openFolder(source(), folder);
    expect(contents(set, set.train, folder)).toEqual([
      'train/a/1.png a',
      'train/b/2.png b',
      'train/a/1.png b',
    ]);

    for (const [target, name, reason] of [
      [join(outside, 'secret.png'), 'train/b/out.png', 'leaves'],
      [outside, 'train/b/out', 'leaves'],
      [outside, 'train/c', 'leaves'],
      [join(folder, 'gone.png'), 'train/b/gone.png', 'leads nowhere'],
      [join(folder, 'train'), 'train/b/circle', 'by a link in itself'],
    ] as const) {
      const each = await folderOf(two);
      const path = target.startsWith(folder) ? join(each, target.slice(folder.length)) : target;
      await symlink(path, join(each, name));
      const error = await refused(each);
      expect(error.code, name).toBe('DATASET_UNSAFE_PATH');
      expect(error.message).toContain(reason);
    }
    await mkdir(join(outside, 'elsewhere'));
    await symlink(folder, join(outside, 'elsewhere', 'whole'));
    const linked = await openFolder(source(), join(outside, 'elsewhere', 'whole'));
    expect(linked.train.count).toBe(3);
  });

  test('a sibling whose name begins alike is outside', async () => {
    const folder = await folderOf({ 'data/a/1.png': 1, 'data/b/2.png': 2, 'data-more/3.png': 3 });
    await symlink(join(folder, 'data-more'), join(folder, 'data', 'c'));
    expect(await refused(join(folder, 'data'))).toMatchObject({ code: 'DATASET_UNSAFE_PATH' });
  });

  test.each([
    ['val_9.png\ta\n', 'there is no file'],
    ['val_0.png\n', 'no class behind'],
    ['val_0.png\tz\n', '"z" is no class'],
    ['../../train/a/1.png\ta\n', 'names no file in'],
  ])('a list in val/ with the line %j', async (line, reason) => {
    const folder = await folderOf({ 'train/a/1.png': 1, 'train/b/2.png': 2, 'val/images/val_0.png': 3 });
    await addTo(folder, { 'val/val_annotations.txt': `val_0.png\ta\n${line}` });
    const error = await refused(folder);
    expect(error).toMatchObject({ code: 'DATASET_BAD_ROW', data: { line: 2 } });
    expect(error.message).toContain(reason);
  });
});
