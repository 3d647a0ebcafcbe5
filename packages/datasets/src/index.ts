// @neusim/datasets: image data sets, their transforms and batches, as plain typed arrays. No tensors.

import { plugin } from '@neusim/registry';
import { cifar10 } from './cifar-10';
import { cifar100 } from './cifar-100';
import { idx } from './idx';

export { type Augment, augmentSchema, type PadCrop } from './augment';
export {
  type Batch,
  type BatchOptions,
  batches,
  evaluationBatches,
  stepsPerEpoch,
  trainingBatch,
} from './batches';
export { cifar10 } from './cifar-10';
export { cifar100 } from './cifar-100';
export { type DigitFile, defineDigits, digitsFrom } from './digits';
export { idx, parseIdx } from './idx';
export { computeStatistics, type Normalize, normalizeSchema, type Statistics } from './normalize';
export { type Limit, limitSchema } from './options';
export { type Random, random, uniformInt } from './random';
export { firstImages, isInMemory, readImages, selectImages, splitDataset } from './split';
export type {
  Dataset,
  DatasetFiles,
  DatasetPlatform,
  DatasetSource,
  ImageShape,
  MemorySplit,
  OpenOptions,
  OpenProgress,
  Split,
  StoredImages,
} from './types';

/** `cifar-10`, `cifar-100` and `idx`. (`digits` needs a folder only the caller knows: see `defineDigits`.) */
export default /* @__PURE__ */ plugin('@neusim/datasets', '0.1.0', [cifar10, cifar100, idx]);
