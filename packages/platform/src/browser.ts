// @neusim/platform in a browser: the same names as in Node.

import { files } from './browser-files';
import { modelFileIn } from './model-file';
import type { ModelFile } from './types';

export {
  exists,
  joinPath,
  listFolder,
  makeFolder,
  readFile,
  readText,
  removeFile,
  writeAtomic,
} from './browser-files';
export { cores, port, spawn } from './browser-workers';
export { gunzip, sha256 } from './codecs';
export type * from './types';

/** See `Platform.modelFile`. */
export function modelFile(path: string): ModelFile {
  return modelFileIn(files, path);
}
