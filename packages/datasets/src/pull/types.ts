// How a data set is pulled, and what is told meanwhile.

import type { Source } from '../sources/types';
import type { DownloadOptions } from './download';

/** How far it is, in bytes; `total` is 0 where nobody knows it. */
export interface PullProgress {
  readonly phase: 'checking' | 'downloading' | 'unpacking' | 'converting';
  /** A file's name, or the data set's. */
  readonly name: string;
  readonly done: number;
  readonly total: number;
}

export interface PullOptions extends Omit<DownloadOptions, 'onProgress'> {
  /** The folder of all data sets; the set gets a folder of its name in it. */
  readonly into: string;
  /** Take this source; default: all in their order, until one has it. */
  readonly from?: Source['from'] | undefined;
  /** The URL of the npm registry to use, asked for when it is needed. */
  readonly npmRegistry?: (() => Promise<string>) | undefined;
  /** Keep archives beside the unpacked folder; default false. */
  readonly keep?: boolean | undefined;
  /** Put the data set in the place of a folder that is there, once it is whole. */
  readonly replace?: boolean | undefined;
  onProgress?(progress: PullProgress): void;
  /** A source that could not serve, before the next is tried. */
  onNote?(text: string): void;
}

export interface Pulled {
  readonly folder: string;
  /** null: it was there already. */
  readonly from: Source['from'] | null;
}
