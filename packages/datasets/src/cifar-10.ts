// CIFAR-10: 50,000 + 10,000 colour images of 32×32 in 10 classes. Five training files and a test file of 10,000
// records: 1 byte of label, 3,072 of pixels; class names in batches.meta.txt.

import { define } from '@neusim/registry';
import * as v from 'valibot';
import { type CifarLayout, readCifar, readNames } from './cifar';
import { findFolder } from './folder';
import { limitSchema } from './options';
import type { DatasetFiles, DatasetSource, MemorySplit } from './types';

const trainFiles = [1, 2, 3, 4, 5].map((k) => `data_batch_${k}.bin`);
const testFile = 'test_batch.bin';

const options = v.strictObject({
  limit: limitSchema,
  /** Accept files with fewer records than the published ones. */
  subset: v.optional(v.boolean(), false),
});

/** CIFAR-10 from its published binary files. */
export const cifar10 = define({
  kind: 'dataset',
  name: 'cifar-10',
  version: '1.0.0',
  summary: '60,000 colour images of 32×32 in 10 classes (binary version)',
  options,
  load:
    () =>
    ({ limit, subset }): DatasetSource<MemorySplit, DatasetFiles> => ({
      async open(files, folder) {
        const at = await findFolder(
          files,
          'cifar-10',
          folder,
          ['cifar-10', 'cifar-10-batches-bin'],
          [testFile],
        );
        const path = (name: string) => files.joinPath(at, name);
        const classes = await readNames(files, path('batches.meta.txt'), 10);
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
