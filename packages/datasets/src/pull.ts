// @neusim/datasets/pull: fetching and checking published data sets. An entry of its own, since a page that trains
// needs none of it.

export { detectDataset, type Found } from './detect';
export { type Algorithm, strongest } from './pull/checksum';
export { type DownloadOptions, download, MAX_DOWNLOAD } from './pull/download';
export { pullDataset } from './pull/pull-dataset';
export type { Pulled, PullOptions, PullProgress } from './pull/types';
export { type CheckedFile, checkFiles, isWhole } from './pull/verify';
export { findPublication, listPublications, publications } from './sources';
export type {
  ArchiveSource,
  Checksums,
  Convert,
  Download,
  FilesSource,
  NpmSource,
  Publication,
  PublishedFile,
  Source,
  Terms,
} from './sources/types';
