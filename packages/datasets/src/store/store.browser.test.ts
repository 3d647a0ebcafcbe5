// Decoded images are kept in the page's own file system, and read from it batch by batch.

import * as platform from '@neusim/platform';
import { afterAll, expect, test } from 'vitest';
import { isInMemory, readImages } from '../split';
import type { EncodedImage } from './encoded';
import { openEncoded } from './open-encoded';

const cache = `neusim-test-${Math.random().toString(36).slice(2)}`;
afterAll(() => platform.removeFolder(cache));

async function plain(red: number): Promise<EncodedImage> {
  const canvas = new OffscreenCanvas(6, 4);
  const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
  context.fillStyle = `rgb(${red}, 0, 0)`;
  context.fillRect(0, 0, 6, 4);
  const bytes = new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
  return { label: red % 2, name: `${red}.png`, version: '1', read: async () => bytes };
}

test('4 images are decoded once, and read from the cache in any order', async () => {
  const images = await Promise.all([10, 21, 30, 41].map(plain));
  const encoded = {
    name: 'made',
    version: '1',
    classes: ['even', 'odd'],
    train: images,
    test: images.slice(0, 1),
  };
  const image = { size: [2, 2], channels: 3, fit: 'crop', skipCorrupt: false, maxPixels: 24 } as const;
  let decoded = 0;
  const counting = {
    ...platform,
    decodeImage: (...args: Parameters<typeof platform.decodeImage>) => {
      decoded++;
      return platform.decodeImage(...args);
    },
  };
  for (const times of [5, 5]) {
    const set = await openEncoded(counting, encoded, image, { cache, memory: 0 });
    expect(isInMemory(set.train)).toBe(false);
    const bytes = await readImages(set.train, [3, 0, 3, 1]);
    expect([...bytes].filter((_, i) => i % 12 === 0)).toEqual([41, 10, 41, 21]);
    expect([...set.train.labels]).toEqual([0, 1, 0, 1]);
    await set.close?.();
    expect(decoded).toBe(times);
  }
});
