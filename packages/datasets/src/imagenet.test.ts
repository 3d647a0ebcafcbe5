import { createRegistry } from '@neusim/registry';
import { describe, expect, test } from 'vitest';
import { contents, folderOf, openFolder } from './files/files.fixture';
import datasets from './index';

const registry = createRegistry(datasets);
const source = (options: object = {}) => registry.make('dataset', 'imagenet', { size: [3, 4], ...options });

const train = {
  'train/n01440764/n01440764_1.JPEG': 1,
  'train/n02110341/n02110341_1.JPEG': 2,
  'train/n03000134/n03000134_1.JPEG': 3,
};
/** PNG by their bytes: decoding does not go by names. */
const flat = {
  ...train,
  'val/ILSVRC2012_val_00000001.JPEG': 4,
  'val/ILSVRC2012_val_00000002.JPEG': 5,
};
const wanted = ['val/ILSVRC2012_val_00000001.JPEG n03000134', 'val/ILSVRC2012_val_00000002.JPEG n01440764'];

describe('imagenet', () => {
  test('val/ with a folder for each class; classes are named by their words', async () => {
    const folder = await folderOf({
      ...train,
      'val/n02110341/val_7.JPEG': 4,
      'LOC_synset_mapping.txt':
        'n01440764 tench, Tinca tinca\nn02110341 crane\nn03000134 crane, machine\nn09999999 other\n',
    });
    const set = await openFolder(source(), folder);
    expect(set.classes).toEqual(['tench', 'crane (n02110341)', 'crane, machine (n03000134)']);
    expect(contents(set, set.test, folder)).toEqual(['val/n02110341/val_7.JPEG crane (n02110341)']);
  });

  test.each([
    ['words.txt', 'n01440764\ttench, Tinca tinca\n'],
    ['synset_words.txt', 'n01440764 tench, Tinca tinca\n'],
  ])('words of %s; an id that has none is its own name', async (name, text) => {
    const folder = await folderOf({ ...train, 'val/n01440764/1.JPEG': 4, [name]: text });
    expect((await openFolder(source(), folder)).classes).toEqual(['tench', 'n02110341', 'n03000134']);
  });

  test.each([
    [
      'LOC_val_solution.csv',
      'ImageId,PredictionString\nILSVRC2012_val_00000002,n01440764 1 2 3 4 \nILSVRC2012_val_00000001,n03000134 5 6 7 8 n03000134 1 1 2 2\n',
    ],
    ['val.txt', 'ILSVRC2012_val_00000001.JPEG 2\nILSVRC2012_val_00000002.JPEG 0\n'],
    ['val/val.txt', 'ILSVRC2012_val_00000001.JPEG n03000134\nILSVRC2012_val_00000002.JPEG n01440764\n'],
    ['imagenet_2012_validation_synset_labels.txt', 'n03000134\nn01440764\n'],
    ['val_ground_truth.txt', 'n03000134\r\nn01440764\r\n'],
  ])('val/ of images, whose classes are in %s', async (name, text) => {
    const folder = await folderOf({ ...flat, [name]: text });
    const set = await openFolder(source(), folder);
    expect(contents(set, set.test, folder).sort()).toEqual(wanted);
    const chosen = await openFolder(source({ classes: ['n01440764', 'n02110341'] }), folder);
    expect(contents(chosen, chosen.test, folder)).toEqual([wanted[1]]);
  });

  test('the archive of Kaggle, from its top', async () => {
    const below = (files: object) =>
      Object.fromEntries(Object.entries(files).map(([name, seed]) => [`ILSVRC/Data/CLS-LOC/${name}`, seed]));
    const folder = await folderOf({
      ...below(flat),
      'LOC_synset_mapping.txt': 'n01440764 tench, Tinca tinca\n',
      'LOC_val_solution.csv':
        'ImageId,PredictionString\nILSVRC2012_val_00000001,n03000134 1 2 3 4\nILSVRC2012_val_00000002,n01440764 1 2 3 4\n',
    });
    const set = await openFolder(source(), folder);
    expect(set.classes[0]).toBe('tench');
    expect(set.test.count).toBe(2);
  });
});

describe('imagenet that is refused', () => {
  test.each([
    ['no list', {}, 'DATASET_NO_LABELS', {}],
    [
      'numbers of the kit alone',
      { 'ILSVRC2012_validation_ground_truth.txt': '490\n361\n' },
      'DATASET_NO_LABELS',
      {},
    ],
    [
      'a list too short',
      { 'val_ground_truth.txt': 'n01440764\n' },
      'DATASET_BAD_COUNT',
      { lines: 1, images: 2 },
    ],
    ['a class unknown', { 'val_ground_truth.txt': 'n01440764\nn00000000\n' }, 'DATASET_BAD_ROW', { line: 2 }],
    ['a number too large', { 'val.txt': 'ILSVRC2012_val_00000001.JPEG 3\n' }, 'DATASET_BAD_ROW', { line: 1 }],
    ['an image that is missing', { 'val.txt': 'x.JPEG 0\n' }, 'DATASET_BAD_ROW', { line: 1 }],
    ['no class', { 'val.txt': 'x.JPEG\n' }, 'DATASET_BAD_ROW', { line: 1 }],
  ])('%s', async (_, files, code, data) => {
    const folder = await folderOf({ ...flat, ...files });
    await expect(openFolder(source(), folder)).rejects.toMatchObject({ code, data });
  });

  test('no val/, no train/, classes of other names', async () => {
    const code = 'DATASET_NOT_FOUND';
    await expect(openFolder(source(), await folderOf(train))).rejects.toMatchObject({ code });
    await expect(openFolder(source(), await folderOf({ 'x.png': 1 }))).rejects.toMatchObject({ code });
    const named = { 'train/cat/1.png': 1, 'train/dog/1.png': 1, 'val/cat/1.png': 1 };
    await expect(openFolder(source(), await folderOf(named))).rejects.toMatchObject({ code });
  });
});
