// Where CIFAR-100 comes from.

import type { Publication } from './types';

/** CIFAR-100, binary version. */
export const cifar100Published: Publication = {
  name: 'cifar-100',
  summary: '60,000 colour images of 32×32 in 100 classes',
  dataset: { name: 'cifar-100' },
  shape: [32, 32, 3],
  files: [
    { path: 'train.bin', bytes: 153_700_000, md5: '6172c7755cfe09b2fe270c85cebc1b15' },
    { path: 'test.bin', bytes: 30_740_000, md5: '4499cfba6c016c1be1438163640a0898' },
    { path: 'fine_label_names.txt' },
    { path: 'coarse_label_names.txt' },
  ],
  images: 60_000,
  sources: [
    {
      from: 'url',
      archives: [
        {
          name: 'cifar-100-binary.tar.gz',
          urls: ['https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz'],
          bytes: 168_513_733,
          md5: '03b5dce01913d631647c71ecec9e9cb8',
        },
      ],
      root: 'cifar-100-binary',
      unpackedBytes: 2e8,
    },
  ],
  terms: {
    text: 'no licence is stated; cite the report below',
    url: 'https://www.cs.toronto.edu/~kriz/cifar.html',
  },
  citation: 'Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009',
  homepage: 'https://www.cs.toronto.edu/~kriz/cifar.html',
};
