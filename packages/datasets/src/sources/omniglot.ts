// Where Omniglot comes from: two archives of PNG files.

import type { Download, Publication } from './types';

const archive = (name: string, bytes: number, md5: string): Download => ({
  name,
  urls: [
    `https://raw.githubusercontent.com/brendenlake/omniglot/master/python/${name}`,
    `https://github.com/brendenlake/omniglot/raw/master/python/${name}`,
  ],
  bytes,
  md5,
});

/** Omniglot. */
export const omniglotPublished: Publication = {
  name: 'omniglot',
  summary: '1,623 characters of 50 alphabets, each drawn by 20 people, 105×105',
  dataset: { name: 'omniglot', options: { set: 'both' } },
  shape: [105, 105, 1],
  files: [],
  images: 32_460,
  sources: [
    {
      from: 'url',
      archives: [
        archive('images_background.zip', 9_464_212, '68d2efa1b9178cc56df9314c21c6e718'),
        archive('images_evaluation.zip', 6_462_886, '6b91aef0f799c5bb55b94e3f2daec811'),
      ],
      unpackedBytes: 1e8,
    },
  ],
  terms: { text: 'MIT', url: 'https://github.com/brendenlake/omniglot/blob/master/LICENSE' },
  citation:
    'Lake, Salakhutdinov, Tenenbaum, Human-level concept learning through probabilistic program induction, 2015',
  homepage: 'https://github.com/brendenlake/omniglot',
};
