// @neusim/platform in Node.

import { modelFileIn } from './model-file';
import { files } from './node-files';
import type { ModelFile } from './types';

export { gunzip, sha256 } from './codecs';
export {
  exists,
  joinPath,
  listFolder,
  makeFolder,
  readFile,
  readText,
  removeFile,
  writeAtomic,
} from './node-files';
export { cores, port, spawn } from './node-workers';
export type * from './types';

/** See `Platform.modelFile`. */
export function modelFile(path: string): ModelFile {
  return modelFileIn(files, path);
}
