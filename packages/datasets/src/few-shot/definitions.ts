// The few-shot data sets by name. Each is loaded when it is wanted, and with it what reads pickles.

import { define } from '@neusim/registry';
import * as v from 'valibot';
import { limitSchema } from '../options';
import { imageEntries } from '../store/encoded';

const kind = 'dataset';
const version = '1.0.0';

/** Options of all, besides those of images. */
const fewShotEntries = {
  /** Of classification: the share of each training class's images to test on. */
  testShare: v.optional(v.pipe(v.number(), v.gtValue(0), v.ltValue(1)), 0.2),
  /** Of that choice. */
  seed: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 0),
  limit: limitSchema,
};

/** Ravi and Larochelle, Optimization as a model for few-shot learning, 2017: 64, 16 and 20 classes of 600 images. */
export const miniImagenet = define({
  kind,
  name: 'mini-imagenet',
  version,
  summary: '60,000 images of 84×84 in 64, 16 and 20 classes: CSV lists and images, pickles, or .npz',
  options: v.strictObject({ ...imageEntries(84), ...fewShotEntries }),
  load: () => import('./mini-imagenet').then((m) => m.miniImagenetSource),
});

/** Ren et al., Meta-Learning for Semi-Supervised Few-Shot Classification, 2018: 351, 97 and 160 classes of 34 categories. */
export const tieredImagenet = define({
  kind,
  name: 'tiered-imagenet',
  version,
  summary:
    '779,165 images of 84×84 in 351, 97 and 160 classes of 34 categories: pickles, .npz, or class folders',
  options: v.strictObject({
    ...imageEntries(84),
    ...fewShotEntries,
    /** Whether `train_images.npz` and its like have blue first, as OpenCV has. */
    bgr: v.optional(v.boolean(), true),
  }),
  load: () => import('./tiered-imagenet').then((m) => m.tieredImagenetSource),
});

const cifarOptions = v.strictObject({
  ...imageEntries(32),
  ...fewShotEntries,
  /** Accept CIFAR-100's files with fewer records than the published ones. */
  subset: v.optional(v.boolean(), false),
});

/** Bertinetto et al., Meta-learning with differentiable closed-form solvers, 2019: 64, 16 and 20 of CIFAR-100's classes. */
export const cifarFs = define({
  kind,
  name: 'cifar-fs',
  version,
  summary: 'CIFAR-100 in 64, 16 and 20 classes: its own files, pickles, or images in folders',
  options: cifarOptions,
  load: () => import('./cifar-fs').then((m) => m.cifarFsSource),
});

/** Oreshkin et al., TADAM, 2018: 60, 20 and 20 of CIFAR-100's classes, whose superclasses are apart. */
export const fc100 = define({
  kind,
  name: 'fc100',
  version,
  summary: 'CIFAR-100 in 60, 20 and 20 classes of other superclasses: its own files, pickles, or .npz',
  options: cifarOptions,
  load: () => import('./fc100').then((m) => m.fc100Source),
});
