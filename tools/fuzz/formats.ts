// All formats that are fuzzed, by the names that `--format` takes.

import {
  cifar,
  csv,
  features,
  idxGz,
  idxPlain,
  npy,
  npzFormat,
  parquetFormat,
  pickle,
  tar,
  tarGz,
  zip,
} from './datasets';
import type { Format } from './format';
import { jpeg, png, webp } from './images';
import { checkpoint, modelJson, weights } from './states';

export const formats: Readonly<Record<string, Format>> = {
  png,
  jpeg,
  webp,
  cifar,
  idx: idxPlain,
  'idx.gz': idxGz,
  tar,
  'tar.gz': tarGz,
  zip,
  npz: npzFormat,
  npy,
  features,
  parquet: parquetFormat,
  pickle,
  csv,
  'model.json': modelJson,
  weights,
  checkpoint,
};
