// Where MNIST and Fashion-MNIST come from: four gzipped IDX files each. Readers take them unpacked as well.

import type { Download, Publication, PublishedFile } from './types';

type File = readonly [name: string, bytes: number, md5: string, unpackedBytes: number, unpackedMd5?: string];

const fileOf = ([path, bytes, md5, unpacked, unpackedMd5]: File): PublishedFile => ({
  path: `${path}.gz`,
  bytes,
  md5,
  or: { path, bytes: unpacked, md5: unpackedMd5 },
});

const downloadOf = (mirrors: readonly string[], [path, bytes, md5]: File): Download => ({
  name: `${path}.gz`,
  urls: mirrors.map((mirror) => `${mirror}${path}.gz`),
  bytes,
  md5,
});

const mnist: readonly File[] = [
  [
    'train-images-idx3-ubyte',
    9_912_422,
    'f68b3c2dcbeaaa9fbdd348bbdeb94873',
    47_040_016,
    '6bbc9ace898e44ae57da46a324031adb',
  ],
  [
    'train-labels-idx1-ubyte',
    28_881,
    'd53e105ee54ea40749a09fcbcd1e9432',
    60_008,
    'a25bea736e30d166cdddb491f175f624',
  ],
  [
    't10k-images-idx3-ubyte',
    1_648_877,
    '9fb629c4189551a2d022fa330f9573f3',
    7_840_016,
    '2646ac647ad5339dbf082846283269ea',
  ],
  [
    't10k-labels-idx1-ubyte',
    4_542,
    'ec29112dd5afa0611ce80d1b7f02629c',
    10_008,
    '27ae3e4e09519cfbb04c329615203637',
  ],
];

const fashion: readonly File[] = [
  ['train-images-idx3-ubyte', 26_421_880, '8d4fb7e6c68d591d4c3dfef9ec88bf0d', 47_040_016],
  ['train-labels-idx1-ubyte', 29_515, '25c81989df183df01b3e8a0aad5dffbe', 60_008],
  ['t10k-images-idx3-ubyte', 4_422_102, 'bef4ecab320f06d8554ea6380940ec79', 7_840_016],
  ['t10k-labels-idx1-ubyte', 5_148, 'bb300cfdad3c16e7a12a480ee83cd310', 10_008],
];

/** MNIST. */
export const mnistPublished: Publication = {
  name: 'mnist',
  summary: '70,000 handwritten digits of 28×28, grey',
  dataset: { name: 'mnist' },
  shape: [28, 28, 1],
  files: mnist.map(fileOf),
  images: 70_000,
  sources: [
    {
      from: 'url',
      files: mnist.map((file) =>
        downloadOf(
          [
            'https://ossci-datasets.s3.amazonaws.com/mnist/',
            'https://storage.googleapis.com/cvdf-datasets/mnist/',
          ],
          file,
        ),
      ),
    },
  ],
  terms: { text: 'CC BY-SA 3.0', url: 'https://creativecommons.org/licenses/by-sa/3.0/' },
  citation: 'LeCun, Bottou, Bengio, Haffner, Gradient-Based Learning Applied to Document Recognition, 1998',
  homepage: 'http://yann.lecun.com/exdb/mnist/',
};

/** Fashion-MNIST. */
export const fashionMnistPublished: Publication = {
  name: 'fashion-mnist',
  summary: '70,000 pieces of clothing of 28×28, grey, in 10 classes',
  dataset: { name: 'fashion-mnist' },
  shape: [28, 28, 1],
  files: fashion.map(fileOf),
  images: 70_000,
  sources: [
    {
      from: 'url',
      files: fashion.map((file) =>
        downloadOf(['http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/'], file),
      ),
    },
  ],
  terms: { text: 'MIT', url: 'https://github.com/zalandoresearch/fashion-mnist/blob/master/LICENSE' },
  citation: 'Xiao, Rasul, Vollgraf, Fashion-MNIST, 2017, arXiv:1708.07747',
  homepage: 'https://github.com/zalandoresearch/fashion-mnist',
};
