import { encode as encodePng, type ImageData as Png } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import { describe, expect, test } from 'vitest';
import { decodeWith } from './images/decode';
import { decodeImage } from './node';
import { plainDecoder } from './node-images';

const plain = (bytes: Uint8Array, maxPixels = 1e6) => decodeWith(plainDecoder, bytes, { maxPixels });
const pixels = async (png: Png, interlace: 'null' | 'Adam7' = 'null') => [
  ...(await plain(encodePng(png, { interlace }))).data,
];

const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (i * i * 31) % 256);
const rgb = { width: 7, height: 5, data: noise(7 * 5 * 3), channels: 3 };
const jpeg = () => {
  const data = new Uint8Array(16 * 8 * 4).map((_, i) => [200, 100, 50, 255][i % 4] as number);
  return new Uint8Array(encodeJpeg({ width: 16, height: 8, data }, 100).data);
};

describe('decodeImage', () => {
  test('PNG, by the decoder at hand and by the plain one, also from a view', async () => {
    const bytes = encodePng(rgb);
    const wanted = { width: 7, height: 5, channels: 3, data: rgb.data };
    expect(await decodeImage(bytes, { maxPixels: 35 })).toEqual(wanted);
    const larger = new Uint8Array(bytes.length + 9);
    larger.set(bytes, 5);
    expect(await plain(larger.subarray(5, 5 + bytes.length))).toEqual(wanted);
    expect(await pixels(rgb, 'Adam7')).toEqual([...rgb.data]);
  });

  test('greys are repeated, 16 bits halved, transparency lies on black', async () => {
    const at = { width: 2, height: 1 };
    expect(await pixels({ ...at, data: Uint8Array.of(9, 200), channels: 1 })).toEqual([
      9, 9, 9, 200, 200, 200,
    ]);
    expect(await pixels({ ...at, data: Uint8Array.of(9, 255, 200, 51), channels: 2 })).toEqual([
      9, 9, 9, 40, 40, 40,
    ]);
    const rgba = Uint8Array.of(1, 2, 3, 255, 50, 100, 150, 51);
    expect(await pixels({ ...at, data: rgba, channels: 4 })).toEqual([1, 2, 3, 10, 20, 30]);
    const deep = Uint16Array.of(0x0102, 0xff80);
    expect(await pixels({ ...at, data: deep, depth: 16, channels: 1 })).toEqual([1, 1, 1, 255, 255, 255]);
  });

  test('bits below eight, and palettes', async () => {
    const bits = Uint8Array.of(0b10100000, 0b01100000);
    expect(await pixels({ width: 3, height: 2, data: bits, depth: 1, channels: 1 })).toEqual(
      [255, 0, 255, 0, 255, 255].flatMap((grey) => [grey, grey, grey]),
    );
    const palette = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    const data = Uint8Array.of(1, 0, 1);
    expect(await pixels({ width: 3, height: 1, data, depth: 8, channels: 1, palette })).toEqual([
      4, 5, 6, 1, 2, 3, 4, 5, 6,
    ]);
  });

  test('JPEG', async () => {
    const { width, height, channels, data } = await decodeImage(jpeg(), { maxPixels: 128 });
    expect([width, height, channels, data.length]).toEqual([16, 8, 3, 384]);
    for (const [i, value] of data.entries()) expect(Math.abs(value - [200, 100, 50][i % 3]!)).toBeLessThan(4);
  });
});

describe('images that are refused', () => {
  test.each([
    ['PNG', () => encodePng(rgb)],
    ['JPEG', jpeg],
  ])('a %s cut short anywhere', async (_, make) => {
    const bytes = make();
    for (let length = 8; length < bytes.length; length += 3) {
      await expect(plain(bytes.subarray(0, length)), `first ${length}`).rejects.toMatchObject({
        code: 'PLATFORM_BAD_IMAGE',
      });
    }
  });

  test('what is neither is named', async () => {
    for (const bytes of [new Uint8Array(), new TextEncoder().encode('GIF89a and more')]) {
      await expect(decodeImage(bytes, { maxPixels: 9 })).rejects.toMatchObject({
        code: 'PLATFORM_UNKNOWN_IMAGE',
        data: { bytes: bytes.length },
      });
    }
    await expect(plain(new TextEncoder().encode('GIF89a'))).rejects.toThrow('47 49 46 38 39 61');
  });

  test('a header that promises four gigapixels', async () => {
    const png = encodePng(rgb);
    new DataView(png.buffer, png.byteOffset).setUint32(16, 65_535);
    new DataView(png.buffer, png.byteOffset).setUint32(20, 65_535);
    const photo = jpeg();
    const frame = photo.findIndex((byte, i) => byte === 0xff && photo[i + 1] === 0xc0);
    photo.fill(0xff, frame + 5, frame + 9);
    for (const bytes of [png, photo]) {
      await expect(plain(bytes)).rejects.toMatchObject({
        code: 'PLATFORM_TOO_LARGE',
        data: { width: 65_535, height: 65_535, maxPixels: 1e6 },
      });
    }
  });

  test('pixels that unpack to more, or to less, than the header says', async () => {
    const bomb = encodePng({ width: 1000, height: 1000, data: new Uint8Array(1e6), channels: 1 });
    for (const [width, height] of [
      [10, 10],
      [1000, 1001],
    ] as const) {
      const view = new DataView(bomb.buffer, bomb.byteOffset);
      view.setUint32(16, width);
      view.setUint32(20, height);
      await expect(plain(bomb, 2e6)).rejects.toMatchObject({ code: 'PLATFORM_BAD_IMAGE' });
    }
  });

  test('altered bytes: a coded error or an image of that size, never anything else', async () => {
    for (const [bytes, size] of [
      [encodePng(rgb), 105],
      [jpeg(), 384],
    ] as const) {
      for (let at = 8; at < bytes.length; at += 5) {
        const altered = Uint8Array.from(bytes);
        altered[at]! ^= 0x55;
        const met = await plain(altered).then(
          ({ data }) => data.length,
          (error) => error.code,
        );
        expect([size, 'PLATFORM_BAD_IMAGE', 'PLATFORM_TOO_LARGE'], `byte ${at}`).toContain(met);
      }
    }
  });
});
