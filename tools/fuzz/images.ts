// PNG, JPEG and WebP, by the decoders that need no sharp.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { encode as encodePng } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import { decodeWith } from '../../packages/platform/src/images/decode';
import { plainDecoder } from '../../packages/platform/src/node-images';
import { demand, type Format, type Seed } from './format';

const pixels = (length: number) => Uint8Array.from({ length }, (_, i) => (i * i * 7 + 13 * i) % 256);
const MAX_PIXELS = 2 ** 20;

async function read(bytes: Uint8Array): Promise<void> {
  const { width, height, data } = await decodeWith(plainDecoder, bytes, { maxPixels: MAX_PIXELS });
  demand(width > 0 && height > 0 && width * height <= MAX_PIXELS, `${width}×${height}`);
  demand(
    data instanceof Uint8Array && data.length === width * height * 3,
    `${data.length} bytes for ${width}×${height}`,
  );
}

/** With checksums that fit what they check, as far as chunks go. */
function withCrc(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  for (let at = 8; at + 12 <= copy.length; ) {
    const end = at + 12 + view.getUint32(at);
    if (end > copy.length) break;
    view.setUint32(end - 4, crcOf(copy.subarray(at + 4, end - 4)));
    at = end;
  }
  return copy;
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** As PNG has it. (Node's own `crc32` is younger than the oldest Node that is supported.) */
function crcOf(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = table[(value ^ byte) & 255]! ^ (value >>> 8);
  return ~value >>> 0;
}

export const png: Format = {
  read,
  async seeds() {
    const plain = [
      encodePng({ width: 9, height: 7, channels: 3, data: pixels(9 * 7 * 3) }),
      encodePng({ width: 9, height: 7, channels: 4, data: pixels(9 * 7 * 4) }),
      encodePng({ width: 5, height: 3, channels: 1, data: pixels(15) }),
      encodePng({ width: 5, height: 3, channels: 1, depth: 16, data: Uint16Array.from(pixels(15)) }),
    ];
    return plain.flatMap((bytes): Seed[] => [{ bytes }, { bytes, wrap: withCrc }]);
  },
};

export const jpeg: Format = {
  read,
  async seeds() {
    return [20, 100].flatMap((quality) =>
      [
        [17, 9],
        [8, 8],
      ].map(([width, height]) => ({
        bytes: new Uint8Array(
          encodeJpeg({ width: width!, height: height!, data: pixels(width! * height! * 4) }, quality).data,
        ),
      })),
    );
  },
};

export const webp: Format = {
  read,
  async seeds() {
    const { default: encode, init } = await import('@jsquash/webp/encode.js');
    const wasm = createRequire(import.meta.url).resolve('@jsquash/webp/codec/enc/webp_enc_simd.wasm');
    await init(await WebAssembly.compile(await readFile(wasm)));
    const picture = { width: 17, height: 9, data: new Uint8ClampedArray(pixels(17 * 9 * 4)) } as ImageData;
    const packed = [await encode(picture, { lossless: 1, exact: 1 }), await encode(picture, { quality: 60 })];
    return packed.map((bytes) => ({ bytes: new Uint8Array(bytes) }));
  },
};
