// @neusim/datasets/pull: fetching and checking published data sets. An entry of its own, since a page that trains
// needs none of it.

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
