import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeRegistry } from '../registry';
import { writePhotos } from '../test/photos';
import { temporaryFolder } from '../test/terminal';
import { findData } from './find-data';

test('a folder here that bears the name of a data set is meant where the data have none of that name', async () => {
  const [home, before] = [temporaryFolder(), process.cwd()];
  process.chdir(home);
  onTestFinished(() => process.chdir(before));
  for (const name of ['omniglot', 'mini-imagenet']) writePhotos(name, [2, 2]);
  const find = (word: string) => findData(makeRegistry(), word, join(home, 'data'));
  for (const name of ['omniglot', 'mini-imagenet'])
    expect(await find(name)).toMatchObject({ dataset: { name: 'image-folder' }, folder: name });
  mkdirSync(join('data', 'omniglot'), { recursive: true });
  expect(await find('omniglot')).toMatchObject({ dataset: { name: 'omniglot' } });
  await expect(find('cifar-fs')).resolves.toMatchObject({ dataset: { name: 'cifar-fs' } });
  await expect(find('omniglott')).rejects.toMatchObject({
    code: 'DATA_UNKNOWN_SET',
    data: { nearest: 'omniglot' },
  });
  await expect(find('./omniglo')).rejects.toMatchObject({
    code: 'DATASET_NOT_FOUND',
    data: { nearest: 'omniglot' },
  });
});
