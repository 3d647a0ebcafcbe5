// Where Tiny ImageNet comes from: one archive of JPEG files.

import type { Publication } from './types';

/** Tiny ImageNet, with its labelled images: 200 classes × (500 + 50). */
export const tinyImagenetPublished: Publication = {
  name: 'tiny-imagenet-200',
  summary: '110,000 colour images of 64×64 in 200 of ImageNet’s classes',
  dataset: { name: 'imagenet', options: { size: 64 } },
  shape: [64, 64, 3],
  files: [],
  images: 110_000,
  sources: [
    {
      from: 'url',
      archives: [
        {
          name: 'tiny-imagenet-200.zip',
          urls: [
            'http://cs231n.stanford.edu/tiny-imagenet-200.zip',
            'https://cs231n.stanford.edu/tiny-imagenet-200.zip',
          ],
          bytes: 248_100_043,
          md5: '90528d7ca1a48142e341f4ef8d21d0de',
        },
      ],
      root: 'tiny-imagenet-200',
      unpackedBytes: 1e9,
    },
  ],
  terms: {
    text: "ImageNet's terms of access: for research and education that are not commercial",
    url: 'https://www.image-net.org/download.php',
    accept: true,
  },
  citation: 'Le, Yang, Tiny ImageNet Visual Recognition Challenge, Stanford CS 231N, 2015',
  homepage: 'http://cs231n.stanford.edu/',
};
