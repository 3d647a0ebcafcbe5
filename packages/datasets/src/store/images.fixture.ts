// Small images made here, and a platform that counts what is decoded.

import * as platform from '@neusim/platform';
import { encode } from 'fast-png';
import type { DatasetPlatform } from '../types';
import type { EncodedDataset, EncodedImage, ImageOptions } from './encoded';

/** A PNG whose bytes depend on `seed`. */
export function pngOf(seed: number, [height, width]: readonly [number, number] = [3, 4]): Uint8Array {
  const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => (seed * 37 + i * i * 11) % 256);
  return encode({ width, height, data, channels: 3 });
}

export const broken = new TextEncoder().encode('GIF89a, which is not read');

export function encodedImage(label: number, name: string, bytes: Uint8Array, version = '1'): EncodedImage {
  return { label, name, version, read: async () => bytes };
}

/** `train` and `test` images of `classes` classes in turn. */
export function encodedSet(train: number, test: number, classes = 2): EncodedDataset {
  const images = (count: number, split: string, seed: number) =>
    Array.from({ length: count }, (_, i) => encodedImage(i % classes, `${split}/${i}.png`, pngOf(seed + i)));
  return {
    name: 'made',
    version: '1.0.0',
    classes: Array.from({ length: classes }, (_, i) => `class ${i}`),
    train: images(train, 'train', 0),
    test: images(test, 'test', 1000),
  };
}

export const imageOptions: ImageOptions = {
  size: [3, 4],
  channels: 3,
  fit: 'crop',
  skipCorrupt: false,
  maxPixels: 1e6,
};

/** @param changes in place of the platform's own functions. */
export function countingPlatform(changes: Partial<DatasetPlatform> = {}) {
  const counter = { decoded: 0 };
  const counting: DatasetPlatform = {
    ...platform,
    decodeImage(bytes, options) {
      counter.decoded++;
      return platform.decodeImage(bytes, options);
    },
    ...changes,
  };
  return { counter, platform: counting };
}
