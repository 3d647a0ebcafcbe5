// What a data set is once it is read: bytes and labels in plain typed arrays.

import type { Platform } from '@neusim/platform';
import type { NeusimError } from '@neusim/registry';
import type { FewShotDataset, FewShotPart } from './episodes/types';
import type { ImageShape, Split, Statistics } from './images';
import type { Publication } from './sources/types';

export type { ImageShape, Split, Statistics, StoredImages } from './images';

/** A split whose images all lie in memory. */
export interface MemorySplit extends Split {
  readonly images: Uint8Array;
}

/** Images for training and images for testing. */
export interface Dataset<S extends Split = Split> {
  readonly name: string;
  readonly shape: ImageShape;
  /** Names of the classes; a label is an index into them. */
  readonly classes: readonly string[];
  readonly train: S;
  readonly test: S;
  /** Mean and deviation of the training images, where they are known already. */
  readonly statistics?: Statistics | undefined;
  /** Lets go of files; a data set in memory has none. */
  close?(): Promise<void>;
}

/** What a reader needs of `@neusim/platform`; the package itself, as a namespace, fits. */
export type DatasetFiles = Pick<
  Platform,
  'readFile' | 'readText' | 'exists' | 'joinPath' | 'gunzip' | 'openFile'
>;

/** What readers of image files need besides; the package itself fits too. */
export type DatasetPlatform = Omit<Platform, 'modelFile' | 'port'>;

/** What opening a data set tells while it lasts. */
export interface OpenProgress {
  /**
   * `listing` files, `unpacking` an archive (bytes), `decoding` images, `reading` those that are decoded, `measuring`
   * their mean and deviation.
   */
  readonly phase: 'listing' | 'unpacking' | 'decoding' | 'reading' | 'measuring';
  readonly done: number;
  /** 0 where it is not known. */
  readonly total: number;
}

/** How a data set is opened; readers take what concerns them. */
export interface OpenOptions {
  /** Stops between two images; what was decoded is kept in the cache. */
  readonly signal?: AbortSignal | undefined;
  onProgress?(progress: OpenProgress): void;
  /** What is no error, but should be known: images left out, say. Code, data and hint as in an error. */
  onWarning?(warning: NeusimError): void;
  /** Folder for decoded images; default: `datasets` in the platform's cache folder. false: none, all stays in memory. */
  readonly cache?: string | false | undefined;
  /** Bytes of decoded images to hold in memory; default 1 GiB. What is more is read from the cache, batch by batch. */
  readonly memory?: number | undefined;
  /** Threads that decode: a module that gives its port to `serveDecoder`. Without it, this thread decodes. */
  readonly workers?: { readonly url: URL; readonly threads?: number | undefined } | undefined;
}

/** How a data set is opened for few-shot learning. */
export interface FewShotOpenOptions extends OpenOptions {
  /**
   * The parts that are certain to be read; default: all. Where a format has its parts apart, image files of the others are
   * looked at and decoded when the first of them is read, and what is wrong with them is told then. The signal and `onProgress` are theirs
   * too, until the data set is closed. With `skipCorrupt` all are decoded at once: which images there are is not known before.
   */
  readonly parts?: readonly FewShotPart[] | undefined;
}

/** Where a data set was found. */
export interface Detected {
  readonly folder: string;
  readonly isGuess?: boolean | undefined;
  /** Of the definition, where its defaults would not read the whole. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * The product of `registry.make('dataset', name, options)`. `S`: whether its images lie in memory; `P`: what it needs of
 * the platform.
 */
export interface DatasetSource<S extends Split = Split, P = DatasetPlatform> {
  /**
   * Reads the data set from a folder (or, for some, from an archive's path).
   * @throws NeusimError `DATASET_NO_FOLDER`, `DATASET_NOT_FOUND`; for a file that is not what it should be
   *   `DATASET_BAD_MAGIC`, `DATASET_BAD_SHAPE`, `DATASET_BAD_COUNT`, `DATASET_BAD_LABEL`, `DATASET_BAD_NAMES`,
   *   `DATASET_SHORT_FILE`, `DATASET_LONG_FILE`, each with `data.file` and `data.offset` (in bytes)
   */
  open(platform: P, folder: string | undefined, options?: OpenOptions): Promise<Dataset<S>>;
  /**
   * Looks, by names of files alone, whether this is what lies in a folder. Left out: nobody asks it.
   * @returns the folder itself or one below it; `isGuess` where other formats look like it; undefined, or what `open` would
   *   throw for a folder that does not hold it, where it is something else.
   */
  detect?(platform: P, folder: string): Promise<Detected | undefined>;
  /**
   * The data set with its classes divided for few-shot learning, where the format or its authors say how. Without it, any
   * data set's classes are divided by seed (`divideClasses`).
   * @throws NeusimError as `open`
   */
  episodes?(platform: P, folder: string | undefined, options?: FewShotOpenOptions): Promise<FewShotDataset>;
  /** Published data sets that it reads, with where they come from: `neusim data pull` fetches them by name. */
  readonly published?: readonly Publication[] | undefined;
}
