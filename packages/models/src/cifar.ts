/**
 * The paper's CIFAR networks (Liu et al. 2019; method: §9): 32×32×3, a root and three stages of three 3×3
 * convolutions of 32, 64 and 128 filters, 511,200 parameters with 10 classes. `cnn-cifar` is the baseline, and with
 * a larger `width` the paper's CNN++ (43 filters match dynamic DNS, 64 dynamic UNS). `nsn-cifar` has a neural
 * similarity in all nine convolutions of its stages.
 */
import { strictOptions } from '@neusim/core';
import { define } from '@neusim/registry';
import { plainModel, similarityModel } from './make-model';
import { type Family, plainEntries, similarityEntries } from './options';

const family: Family = {
  inputShape: [32, 32, 3],
  rootStride: 1,
  width: 32,
  stages: 3,
  depth: 3,
  normDecay: 0.999,
};

export const cnnCifar = define({
  kind: 'model',
  name: 'cnn-cifar',
  version: '1.0.0',
  summary: 'the baseline of the CIFAR experiments: ten plain convolutions',
  options: strictOptions(plainEntries(family)),
  requires: ['similarity:inner-product', 'shape:full'],
  load: () => (options) => plainModel('cnn-cifar', family, options),
});

export const nsnCifar = define({
  kind: 'model',
  name: 'nsn-cifar',
  version: '1.0.0',
  summary: 'the CIFAR network with a neural similarity in its nine convolutions',
  options: strictOptions({ ...plainEntries(family), ...similarityEntries }),
  requires: ['similarity:inner-product', 'shape:full'],
  load: () => (options, registry) => similarityModel('nsn-cifar', family, options, registry),
});
