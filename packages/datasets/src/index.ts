// @neusim/datasets: image data sets, their transforms and batches, as plain typed arrays. No tensors.

import { plugin } from '@neusim/registry';
import { cifar10 } from './cifar-10';
import { cifar100 } from './cifar-100';
import { csvImages } from './csv-images';
import { features } from './features';
import { cifarFs, fc100, miniImagenet, tieredImagenet } from './few-shot/definitions';
import { idx } from './idx';
import { imageFolder } from './image-folder';
import { imagenet } from './imagenet';
import { fashionMnist, mnist } from './mnist';
import { npz } from './npz';
import { omniglot } from './omniglot';
import { parquet } from './parquet';

export { extractArchive } from './archive/extract';
export { extractTar } from './archive/tar';
export type { ArchiveEntry, ArchivePlatform, Extracted, ExtractOptions } from './archive/types';
export { extractZip } from './archive/zip';
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
  batchIndices,
  evaluationBatches,
  stepsPerEpoch,
  trainingBatch,
} from './batches';
export { cifar10 } from './cifar-10';
export { cifar100 } from './cifar-100';
export { csvImages } from './csv-images';
export { type DigitFile, defineDigits, digitsFrom } from './digits';
export { type BaseDatasetOptions, baseDataset } from './episodes/base-dataset';
export {
  divideClasses,
  divideNames,
  divisionSchema,
  requireDisjoint,
} from './episodes/divide-classes';
export { drawEpisode } from './episodes/draw-episode';
export { type EpisodesOptions, openEpisodes } from './episodes/open-episodes';
export { joinPools, type NamedPool, poolOf, selectClasses } from './episodes/pool';
export {
  type Inputs,
  isFeaturePool,
  type ReadPoolOptions,
  readEpisode,
  readPool,
} from './episodes/read-pool';
export { requireEpisodes } from './episodes/require-episodes';
export type {
  ClassPart,
  ClassPool,
  Division,
  Episode,
  EpisodeOptions,
  FeaturePool,
  FewShotDataset,
  FewShotPart,
} from './episodes/types';
export { features } from './features';
export { cifarFs, fc100, miniImagenet, tieredImagenet } from './few-shot/definitions';
export { idx, parseIdx } from './idx';
export { imageFolder } from './image-folder';
export { imagenet } from './imagenet';
export { fashionMnist, mnist } from './mnist';
export {
  computeStatistics,
  type Normalize,
  normalizeSchema,
  resolveNormalize,
  type StatisticsOptions,
} from './normalize';
export { type FeatureOptions, featurePool, readFeatures, writeFeatures } from './npy/features';
export { npz } from './npz';
export { omniglot } from './omniglot';
export {
  evaluationAlphabets,
  type OfficialRuns,
  openOfficialRuns,
  type RunImageOptions,
} from './omniglot/official-runs';
export { about, type Limit, limitSchema } from './options';
export { parquet } from './parquet';
export { permutation, type Random, random, streams, uniformInt } from './random';
export type { Publication } from './sources/types';
export { firstImages, isInMemory, readImages, selectImages, splitDataset } from './split';
export { type DecodeOptions, decodeToSize } from './store/decode';
export { type EncodedDataset, type EncodedImage, type ImageOptions, imageEntries } from './store/encoded';
export { openEncoded } from './store/open-encoded';
export { type EncodedPool, openEncodedPool } from './store/open-pool';
export { serveDecoder } from './store/serve-decoder';
export { type Draw, type TrainingDraws, trainingDraws } from './training-draws';
export { type Size, type Transform, transformImages, transformSchema } from './transform';
export type {
  Dataset,
  DatasetFiles,
  DatasetPlatform,
  DatasetSource,
  Detected,
  FewShotOpenOptions,
  ImageShape,
  MemorySplit,
  OpenOptions,
  OpenProgress,
  Split,
  Statistics,
  StoredImages,
} from './types';

/** Every data set but `digits`, which needs a folder that only the caller knows: see `defineDigits`. */
export default /* @__PURE__ */ plugin('@neusim/datasets', '0.1.0', [
  cifar10,
  cifar100,
  fashionMnist,
  mnist,
  idx,
  imageFolder,
  imagenet,
  csvImages,
  omniglot,
  npz,
  features,
  parquet,
  miniImagenet,
  tieredImagenet,
  cifarFs,
  fc100,
]);
