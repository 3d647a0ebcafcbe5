// CIFAR-10: 50,000 + 10,000 colour images of 32×32 in 10 classes. Five training files and a test file of 10,000
// records: 1 byte of label, 3,072 of pixels; class names in batches.meta.txt. Plain, or in the published archive.

import { define } from '@neusim/registry';
import * as v from 'valibot';
import { type CifarLayout, readCifar, readNames } from './cifar';
import { type CifarSet, detectCifar, findCifar } from './find-cifar';
import { limitSchema } from './options';
import type { DatasetFiles, DatasetSource, MemorySplit } from './types';

const trainFiles = [1, 2, 3, 4, 5].map((k) => `data_batch_${k}.bin`);
const testFile = 'test_batch.bin';
const namesFile = 'batches.meta.txt';

const set: CifarSet = {
  name: 'cifar-10',
  below: ['cifar-10', 'cifar-10-batches-bin'],
  archive: 'cifar-10-binary.tar.gz',
  names: [...trainFiles, testFile, namesFile],
  marker: testFile,
  pickles: ['cifar-10-python.tar.gz', 'cifar-10-batches-py', 'data_batch_1'],
};

const options = v.strictObject({
  limit: limitSchema,
  /** Accept files with fewer records than the published ones. */
  subset: v.optional(v.boolean(), false),
});

/** CIFAR-10 from its published binary files, or their archive. */
export const cifar10 = define({
  kind: 'dataset',
  name: 'cifar-10',
  version: '1.0.0',
  summary: '60,000 colour images of 32×32 in 10 classes (binary version)',
  options,
  load:
    () =>
    ({ limit, subset }): DatasetSource<MemorySplit, DatasetFiles> => ({
      detect: (files, folder) => detectCifar(files, set, folder),
      async open(platform, folder, open) {
        const { files, at } = await findCifar(platform, set, folder, open);
        const path = (name: string) => files.joinPath(at, name);
        const classes = await readNames(files, path(namesFile), 10);
        const layout: CifarLayout = {
          labelBytes: 1,
          labelAt: 0,
          classes: 10,
          records: subset ? undefined : 10_000,
        };
        const train = await readCifar(files, trainFiles.map(path), layout, limit.train);
        const test = await readCifar(files, [path(testFile)], layout, limit.test);
        return { name: 'cifar-10', shape: train.shape, classes, train, test };
      },
    }),
});
