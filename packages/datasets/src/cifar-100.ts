// CIFAR-100: 50,000 + 10,000 colour images of 32×32 in 100 fine classes, grouped into 20 coarse ones. A training
// and a test file of records: 1 byte of coarse label, 1 of fine label, 3,072 of pixels; class names in
// fine_label_names.txt and coarse_label_names.txt. Plain, or in the published archive.

import { define } from '@neusim/registry';
import * as v from 'valibot';
import { type CifarLayout, readCifar, readNames } from './cifar';
import { type CifarSet, detectCifar, findCifar } from './find-cifar';
import { limitSchema } from './options';
import type { DatasetFiles, DatasetSource, MemorySplit } from './types';

export const cifar100Set: CifarSet = {
  name: 'cifar-100',
  below: ['cifar-100', 'cifar-100-binary'],
  archive: 'cifar-100-binary.tar.gz',
  names: ['train.bin', 'test.bin', 'fine_label_names.txt', 'coarse_label_names.txt'],
  marker: 'test.bin',
  pickles: ['cifar-100-python.tar.gz', 'cifar-100-python', 'meta'],
};

const options = v.strictObject({
  limit: limitSchema,
  /** 100 fine classes or 20 coarse ones. */
  labels: v.optional(v.picklist(['fine', 'coarse']), 'fine'),
  /** Accept files with fewer records than the published ones. */
  subset: v.optional(v.boolean(), false),
});

/** CIFAR-100 from its published binary files, or their archive. */
export const cifar100 = define({
  kind: 'dataset',
  name: 'cifar-100',
  version: '1.0.0',
  summary: '60,000 colour images of 32×32 in 100 classes, or 20 coarse ones (binary version)',
  options,
  load:
    () =>
    ({ limit, labels, subset }): DatasetSource<MemorySplit, DatasetFiles> => ({
      detect: (files, folder) => detectCifar(files, cifar100Set, folder),
      async open(platform, folder, open) {
        const { files, at } = await findCifar(platform, cifar100Set, folder, open);
        const path = (name: string) => files.joinPath(at, name);
        const count = labels === 'fine' ? 100 : 20;
        const classes = await readNames(files, path(`${labels}_label_names.txt`), count);
        const layout = (records: number): CifarLayout => ({
          labelBytes: 2,
          labelAt: labels === 'fine' ? 1 : 0,
          classes: count,
          records: subset ? undefined : records,
        });
        const train = await readCifar(files, [path('train.bin')], layout(50_000), limit.train);
        const test = await readCifar(files, [path('test.bin')], layout(10_000), limit.test);
        return { name: 'cifar-100', shape: train.shape, classes, train, test };
      },
    }),
});
