// Encoded images as one pool: decoded once into the cache, whatever the division of their classes.

import type { NamedPool } from '../episodes/pool';
import type { DatasetPlatform, OpenOptions } from '../types';
import type { EncodedDataset, EncodedImage, ImageOptions } from './encoded';
import { openUndivided } from './open-encoded';

/** Images of classes before they are decoded. */
export interface EncodedPool extends Pick<EncodedDataset, 'name' | 'version' | 'classes'> {
  readonly images: readonly EncodedImage[];
  /** Of each class. */
  readonly groups?: readonly string[] | undefined;
}

/**
 * Decodes every image once and gives the pool of all, to be divided by `divideClasses`. Close it when it is no longer
 * read. Errors as `openEncoded`.
 */
export async function openEncodedPool(
  platform: DatasetPlatform,
  { groups, ...encoded }: EncodedPool,
  image: ImageOptions,
  options: OpenOptions = {},
): Promise<NamedPool> {
  const { name, classes, train, close } = await openUndivided(platform, encoded, image, options);
  return { name, classes, ...train, ...(groups && { groups }), close: async () => close?.() };
}
