// @neusim/platform in Node.

import { modelFileIn } from './model-file';
import { files } from './node-files';
import type { ModelFile } from './types';

export { concatBytes, gunzip, sha256, sha256Bytes } from './codecs';
export {
  appendFile,
  cacheFolder,
  createFile,
  exists,
  joinPath,
  listEntries,
  listFolder,
  makeFolder,
  openFile,
  readFile,
  readText,
  realPath,
  removeFile,
  removeFolder,
  renameFolder,
  size,
  stat,
  writeAtomic,
} from './node-files';
export { decodeImage, imageDecoder } from './node-images';
export { cores, port, spawn } from './node-workers';
export type * from './types';

/** See `Platform.modelFile`. */
export function modelFile(path: string): ModelFile {
  return modelFileIn(files, path);
}
