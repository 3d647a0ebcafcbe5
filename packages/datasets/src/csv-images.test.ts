import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createRegistry } from '@neusim/registry';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contents, folderOf, openFolder } from './files/files.fixture';
import { parseCsv } from './files/rows';
import datasets from './index';

const registry = createRegistry(datasets);
const source = (options: object = {}) => registry.make('dataset', 'csv-images', { size: [3, 4], ...options });
const images = { 'images/1.png': 1, 'images/2.png': 2, 'images/3.png': 3, 'images/deep/4.png': 4 };

describe('CSV', () => {
  test('any fields come back as they were quoted', () => {
    const field = fc.string({ maxLength: 6, unit: fc.constantFrom('a', ',', '"', '\n', '\r\n', ' ', 'é') });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(field, field, field), { minLength: 1, maxLength: 5 }),
        fc.constantFrom('\n', '\r\n'),
        (rows, end) => {
          const text = rows
            .map((row) => row.map((of) => `"${of.replaceAll('"', '""')}"`).join(','))
            .join(end);
          expect(parseCsv('x', text).map(({ fields }) => fields)).toEqual(rows);
        },
      ),
    );
  });

  test('plain fields, empty ones, empty lines, no end of line at the end; lines are counted', () => {
    const rows = parseCsv('x', 'a,b\r\n\r\n,2\n"x\ny",3\nlast,');
    expect(rows).toEqual([
      { line: 1, fields: ['a', 'b'] },
      { line: 3, fields: ['', '2'] },
      { line: 4, fields: ['x\ny', '3'] },
      { line: 6, fields: ['last', ''] },
    ]);
  });

  test.each([
    ['a,b\n"open,2\n', 2, 'never closed'],
    ['a,b\n"x"y,2\n', 2, '"y" stands behind a closing quote'],
    ['a,b\nx"y,2\n', 2, 'a quote stands amid a field'],
    ['a,b\n1,2\n1,2,3\n', 3, '3 fields; the first line has 2'],
  ])('%j is refused at line %i', (text, line, reason) => {
    expect(() => parseCsv('x.csv', text)).toThrow(
      expect.objectContaining({
        code: 'DATASET_BAD_ROW',
        message: expect.stringContaining(reason),
        data: expect.objectContaining({ file: 'x.csv', line }),
      }),
    );
  });

  test('any text: rows or a coded error', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ') }), (text) => {
        try {
          for (const { line } of parseCsv('x', text)) expect(line).toBeGreaterThan(0);
        } catch (error) {
          expect((error as { code?: string }).code).toBe('DATASET_BAD_ROW');
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('csv-images', () => {
  test('one list to train on and one to test on, names in images/', async () => {
    const folder = await folderOf({
      ...images,
      'train.csv': '\uFEFFfilename,label\n1.png,b\n"2.png","a, of two"\n',
      'test.csv': 'filename,label\ndeep/4.png,b\n',
    });
    const set = await openFolder(source(), folder);
    expect(set.classes).toEqual(['a, of two', 'b']);
    expect(contents(set, set.train, folder)).toEqual(['images/1.png b', 'images/2.png a, of two']);
    expect(contents(set, set.test, folder)).toEqual(['images/deep/4.png b']);
  });

  test('lists whose classes have nothing in common: divided by a seed', async () => {
    const folder = await folderOf({
      ...images,
      'train.csv': 'filename,label\n1.png,a\n2.png,a\n',
      'val.csv': 'filename,label\n3.png,b\ndeep/4.png,b\n',
    });
    await expect(openFolder(source(), folder)).rejects.toMatchObject({
      code: 'DATASET_BAD_LABEL',
      data: { class: 'b', line: 2 },
    });
    const set = await openFolder(source({ split: 'seeded' }), folder);
    expect([...set.train.labels, ...set.test.labels]).toEqual([0, 1, 0, 1]);
  });

  test('other columns, another list, images beside it', async () => {
    const folder = await folderOf({
      'a/1.png': 1,
      'a/2.png': 2,
      'b/3.png': 3,
      'all.csv': 'id,class,path\n0,x,a/1.png\n1,x,./a/2.png\n2,y,b/3.png\n3,y,b\\3.png\n',
    });
    const options = {
      split: 'seeded',
      lists: ['all.csv'],
      columns: { file: 'path', label: 'class' },
      images: 'a',
    };
    await expect(openFolder(source(options), folder)).rejects.toMatchObject({ code: 'DATASET_BAD_ROW' });
    const { images: _, ...beside } = options;
    const set = await openFolder(source(beside), folder);
    expect(set.train.count + set.test.count).toBe(4);
  });

  test.each([
    ['filename,label\n1.png,a\n2.png,b\ngone.png,b\n', 4, 'there is no file gone.png'],
    ['filename,label\n1.png,a\n../secret.png,b\n', 3, 'names no file in'],
    ['filename,label\n1.png,a\n/etc/passwd,b\n', 3, 'names no file in'],
    ['filename,label\n1.png,a\ndeep/../../secret.png,b\n', 3, 'names no file in'],
    ['filename,label\n1.png,a\nC:\\secret.png,b\n', 3, 'names no file in'],
    ['filename,label\n1.png,a\n2.png,\n', 3, 'the class is empty'],
    ['filename,label\n1.png,a\n,b\n', 3, 'names no file in'],
    ['file,label\n1.png,a\n', 1, 'no column "filename"; there is: file, label'],
    ['filename,label\n', 1, 'no rows'],
    ['', 1, 'no column'],
  ])('the list %j is refused at line %i', async (text, line, reason) => {
    const folder = await folderOf({
      ...images,
      'secret.png': 9,
      'train.csv': text,
      'test.csv': 'filename,label\n1.png,a\n',
    });
    const opened = openFolder(source(), folder);
    await expect(opened).rejects.toMatchObject({ code: 'DATASET_BAD_ROW', data: { line } });
    await expect(opened).rejects.toThrow(reason);
  });

  test('links that leave, of a file and of a folder', async () => {
    const outside = await folderOf({ 'secret.png': 9 });
    for (const [name, target, row] of [
      ['images/link.png', 'secret.png', 'link.png'],
      ['images/link', '.', 'link/secret.png'],
    ] as const) {
      const folder = await folderOf({
        ...images,
        'train.csv': `filename,label\n1.png,a\n${row},b\n`,
        'test.csv': 'filename,label\n1.png,a\n',
      });
      await symlink(join(outside, target), join(folder, name));
      await expect(openFolder(source(), folder)).rejects.toMatchObject({ code: 'DATASET_UNSAFE_PATH' });
    }
  });

  test('no second list', async () => {
    const folder = await folderOf({ ...images, 'train.csv': 'filename,label\n1.png,a\n2.png,b\n' });
    await expect(openFolder(source(), folder)).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' });
  });
});
