// What a data set is once it is read: bytes and labels in plain typed arrays.

import type { Codecs, Files } from '@neusim/platform';

/** Height, width and channels of every image. */
export type ImageShape = readonly [height: number, width: number, channels: number];

/** Some labelled images. */
export interface Split {
  readonly count: number;
  readonly shape: ImageShape;
  /** [count, height, width, channels], 0..255. */
  readonly images: Uint8Array;
  /** [count], each an index into the data set's classes. */
  readonly labels: Int32Array;
}

/** Images for training and images for testing. */
export interface Dataset {
  readonly name: string;
  readonly shape: ImageShape;
  /** Names of the classes; a label is an index into them. */
  readonly classes: readonly string[];
  readonly train: Split;
  readonly test: Split;
}

/** What a reader needs of `@neusim/platform`; the package itself, as a namespace, fits. */
export type DatasetFiles = Pick<Files & Codecs, 'readFile' | 'readText' | 'exists' | 'joinPath' | 'gunzip'>;

/** The product of `registry.make('dataset', name, options)`. */
export interface DatasetSource {
  /**
   * Reads the data set from a folder.
   * @throws NeusimError `DATASET_NO_FOLDER`, `DATASET_NOT_FOUND`; for a file that is not what it should be
   *   `DATASET_BAD_MAGIC`, `DATASET_BAD_SHAPE`, `DATASET_BAD_COUNT`, `DATASET_BAD_LABEL`, `DATASET_BAD_NAMES`,
   *   `DATASET_SHORT_FILE`, `DATASET_LONG_FILE`, each with `data.file` and `data.offset` (in bytes)
   */
  open(files: DatasetFiles, folder: string | undefined): Promise<Dataset>;
}
