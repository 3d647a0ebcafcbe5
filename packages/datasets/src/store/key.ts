// What decoded images are kept under: a digest of all that determines them.

import type { DatasetPlatform } from '../types';
import type { EncodedDataset, ImageOptions } from './encoded';

/** Raised where the file's layout, or what decoding makes of an image, changes. */
const FORMAT = 1;
/** Images whose names are hashed at a time. */
const AT_ONCE = 4096;

/** SHA-256 as 64 hexadecimal digits. */
export async function storeKey(
  platform: DatasetPlatform,
  { name, version, classes, train, test }: EncodedDataset,
  { size, channels, fit, maxPixels }: ImageOptions,
): Promise<string> {
  const text = new TextEncoder();
  const digest = (value: unknown) => platform.sha256(text.encode(JSON.stringify(value)));
  const parts: string[] = [];
  for (const images of [train, test]) {
    parts.push(String(images.length));
    for (let first = 0; first < images.length; first += AT_ONCE) {
      const some = images.slice(first, first + AT_ONCE);
      parts.push(await digest(some.map((image) => [image.label, image.name, image.version])));
    }
  }
  const decoder = await platform.imageDecoder();
  return digest([FORMAT, decoder, name, version, classes, size, channels, fit, maxPixels, parts]);
}
