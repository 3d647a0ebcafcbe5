// From a listing of image files to a data set: what every reader of image files does once it knows which is which.

import type { Limit } from '../options';
import type { EncodedDataset, ImageOptions } from '../store/encoded';
import { openEncoded } from '../store/open-encoded';
import type { Dataset } from '../types';
import { evenly } from './choose';
import { encodedFiles, type LabelledFile, type Tree } from './tree';

/** A data set's files, by split. */
export interface ListedFiles extends Pick<EncodedDataset, 'name' | 'version' | 'classes'> {
  readonly train: readonly LabelledFile[];
  readonly test: readonly LabelledFile[];
}

/** @throws NeusimError what looking at the files and `openEncoded` throw */
export async function openFiles(
  tree: Tree,
  { train, test, ...listed }: ListedFiles,
  { limit, ...image }: ImageOptions & { readonly limit: Limit },
): Promise<Dataset> {
  const encoded = {
    ...listed,
    train: await encodedFiles(tree, evenly(train, limit.train)),
    test: await encodedFiles(tree, evenly(test, limit.test)),
  };
  return openEncoded(tree.platform, encoded, image, tree.options);
}
