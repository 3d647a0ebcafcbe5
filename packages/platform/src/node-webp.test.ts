// WebP, made by libwebp's encoder; and sharp, by a stand-in, as it need not be installed.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import encode, { init } from '@jsquash/webp/encode.js';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { decodeWith } from './images/decode';
import { sharpDecoder } from './images/sharp';
import { decodeImage, imageDecoder } from './node';
import { plainDecoder } from './node-images';

const plain = (bytes: Uint8Array, maxPixels = 1e6) => decodeWith(plainDecoder, bytes, { maxPixels });

beforeAll(async () => {
  const codec = createRequire(import.meta.url).resolve('@jsquash/webp/codec/enc/webp_enc_simd.wasm');
  await init(await WebAssembly.compile(await readFile(codec)));
});

const size = { width: 7, height: 5 };
const rgba = Uint8ClampedArray.from({ length: 7 * 5 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 29) % 256));
const picture = (data = rgba) => ({ ...size, data, colorSpace: 'srgb' }) as unknown as ImageData;
const lossless = async (data = rgba) =>
  new Uint8Array(await encode(picture(data), { lossless: 1, exact: 1 }));
const rgb = [...rgba].filter((_, i) => i % 4 !== 3);

describe('WebP in Node', () => {
  test('lossless, from a view too: the very pixels', async () => {
    const bytes = await lossless();
    const wanted = { ...size, channels: 3, data: Uint8Array.from(rgb) };
    expect(await decodeImage(bytes, { maxPixels: 35 })).toEqual(wanted);
    const larger = new Uint8Array(bytes.length + 9);
    larger.set(bytes, 5);
    expect(await plain(larger.subarray(5, 5 + bytes.length))).toEqual(wanted);
  });

  test('lossy: near', async () => {
    const even = Uint8ClampedArray.from(rgba, (_, i) => [200, 100, 50, 255][i % 4] as number);
    const { width, height, data } = await plain(new Uint8Array(await encode(picture(even), { quality: 95 })));
    expect([width, height]).toEqual([7, 5]);
    for (const [i, value] of data.entries()) expect(Math.abs(value - [200, 100, 50][i % 3]!)).toBeLessThan(6);
  });

  test('what is transparent lies on black, in a file with an extended header too', async () => {
    const half = Uint8ClampedArray.from(rgba, (value, i) => (i % 4 === 3 ? 51 : value));
    expect([...(await plain(await lossless(half))).data]).toEqual(rgb.map((v) => Math.round(v / 5)));
    const lossy = new Uint8Array(await encode(picture(half), { quality: 90 }));
    expect(String.fromCharCode(...lossy.subarray(12, 16))).toBe('VP8X');
    const { width, height, data } = await plain(lossy);
    expect([width, height, Math.max(...data) <= 52]).toEqual([7, 5, true]);
  });

  test('cut short anywhere, altered anywhere: a coded error or an image', async () => {
    const bytes = await lossless();
    for (let length = 12; length < bytes.length; length += 3)
      await expect(plain(bytes.subarray(0, length)), `first ${length}`).rejects.toMatchObject({
        code: 'PLATFORM_BAD_IMAGE',
      });
    for (let at = 12; at < bytes.length; at += 2) {
      const altered = Uint8Array.from(bytes);
      altered[at]! ^= 0x55;
      const met = await plain(altered).then(
        ({ data, width, height }) => data.length === width * height * 3,
        (error) => error.code,
      );
      expect([true, 'PLATFORM_BAD_IMAGE', 'PLATFORM_TOO_LARGE'], `byte ${at}`).toContain(met);
    }
  });

  test('16383×16383 in a header of 35 bytes is refused before memory is taken', async () => {
    const bytes = await lossless();
    new DataView(bytes.buffer).setUint32(21, 0x0fffffff, true);
    await expect(plain(bytes)).rejects.toMatchObject({
      code: 'PLATFORM_TOO_LARGE',
      data: { width: 16_384, height: 16_384 },
    });
  });

  test('an animation is refused', async () => {
    const half = Uint8ClampedArray.from(rgba, (value, i) => (i % 4 === 3 ? 51 : value));
    const bytes = new Uint8Array(await encode(picture(half), { quality: 90 }));
    bytes[20]! |= 2;
    await expect(plain(bytes)).rejects.toThrow('animated');
  });
});

describe('sharp', () => {
  test('is not installed here, and is done without', async () => {
    expect(await sharpDecoder()).toBeUndefined();
    expect(await imageDecoder()).toBe('javascript');
  });

  test('decodes what its header allows, onto black', async () => {
    const asked: unknown[] = [];
    const made = {
      flatten: (options: unknown) => asked.push(options) && made,
      toColourspace: (name: string) => asked.push(name) && made,
      raw: () => made,
      toBuffer: async () => ({ data: Uint8Array.from(rgb), info: { ...size, channels: 3 } }),
    };
    vi.doMock('sharp', () => ({
      default: (_: Uint8Array, options: unknown) => asked.push(options) && made,
    }));
    const decoder = await sharpDecoder();
    vi.doUnmock('sharp');
    const decoded = await decodeWith(decoder!, await lossless(), { maxPixels: 35 });
    expect(decoded).toEqual({ ...size, channels: 3, data: Uint8Array.from(rgb) });
    expect(asked).toEqual([{ limitInputPixels: 35, ignoreIcc: true }, { background: '#000' }, 'srgb']);
  });
});
