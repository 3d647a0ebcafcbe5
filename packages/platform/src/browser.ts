// @neusim/platform in a browser: the same names as in Node.

import { files } from './browser-files';
import { modelFileIn } from './model-file';
import type { ModelFile } from './types';

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
} from './browser-files';
export { decodeImage, imageDecoder } from './browser-images';
export { cores, port, spawn } from './browser-workers';
export { concatBytes, gunzip, sha256, sha256Bytes } from './codecs';
export type * from './types';

/** See `Platform.modelFile`. */
export function modelFile(path: string): ModelFile {
  return modelFileIn(files, path);
}
