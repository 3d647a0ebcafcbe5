// @neusim/datasets: image data sets, their transforms and batches, as plain typed arrays. No tensors.

import { plugin } from '@neusim/registry';
import { cifar10 } from './cifar-10';
import { cifar100 } from './cifar-100';
import { idx } from './idx';

export { type Augment, augmentSchema, inputShapeOf, isMixing } from './augment';
export type { Affine, Interpolation } from './augment/affine';
export type { ColorJitter } from './augment/color-jitter';
export type { CutMix } from './augment/cutmix';
export type { Cutout } from './augment/cutout';
export type { Grayscale } from './augment/grayscale';
export type { Mixed } from './augment/mix';
export type { Mixup } from './augment/mixup';
export type { PadCrop } from './augment/pad-crop';
export type { RandAugment } from './augment/rand-augment';
export type { RandomErasing } from './augment/random-erasing';
export type { RandomResizedCrop } from './augment/random-resized-crop';
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
export {
  computeStatistics,
  type Normalize,
  normalizeSchema,
  resolveNormalize,
  type Statistics,
  type StatisticsOptions,
} from './normalize';
export { type Limit, limitSchema } from './options';
export { firstImages, isInMemory, readImages, selectImages, splitDataset } from './split';
export { type Draw, type TrainingDraws, trainingDraws } from './training-draws';
export { type Size, type Transform, transformImages, transformSchema } from './transform';
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
