/**
 * Small networks for 28×28×1 digits, built as the CIFAR networks are: a root of stride 2, so that all else happens
 * at 14×14 and 7×7, and two stages of one 3×3 convolution, with small predictors. Three epochs on 8,000 digits take
 * one core well under a minute. The choice of sizes is ours.
 */
import { strictOptions } from '@neusim/core';
import { define } from '@neusim/registry';
import { plainModel, similarityModel } from './make-model';
import { type Family, plainEntries, similarityEntries } from './options';

/** The running statistics of a run of some hundred steps must forget its start: hence the short decay. */
const family: Family = {
  inputShape: [28, 28, 1],
  rootStride: 2,
  width: 16,
  stages: 2,
  depth: 1,
  normDecay: 0.97,
  predictor: { hidden: 16 },
};

export const cnnDigits = define({
  kind: 'model',
  name: 'cnn-digits',
  version: '1.0.0',
  summary: 'a small plain network for 28×28 digits',
  options: strictOptions(plainEntries(family)),
  requires: ['similarity:inner-product', 'shape:full'],
  load: () => (options) => plainModel('cnn-digits', family, options),
});

export const nsnDigits = define({
  kind: 'model',
  name: 'nsn-digits',
  version: '1.0.0',
  summary: 'the small network for digits with a neural similarity in its two convolutions',
  options: strictOptions({ ...plainEntries(family), ...similarityEntries }),
  requires: ['similarity:inner-product', 'shape:full'],
  load: () => (options, registry) => similarityModel('nsn-digits', family, options, registry),
});
