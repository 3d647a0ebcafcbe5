// What a PNG, JPEG or WebP file says of itself before anything is decoded: its size in pixels, and whether it is whole.

import { badImage, unknownImage } from './errors';

export interface ImageHeader {
  readonly type: 'image/png' | 'image/jpeg' | 'image/webp';
  readonly width: number;
  readonly height: number;
}

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Start of frame: every C0..CF that is no table. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const END_OF_IMAGE = 0xd9;
const START_OF_SCAN = 0xda;

/** Four letters. */
const textAt = (bytes: Uint8Array, at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** @throws NeusimError `PLATFORM_UNKNOWN_IMAGE`, `PLATFORM_BAD_IMAGE` */
export function readImageHeader(bytes: Uint8Array): ImageHeader {
  const header = readerOf(bytes)(bytes);
  if (header.width === 0 || header.height === 0) {
    throw badImage(bytes, `a size of ${header.width}×${header.height} pixels`);
  }
  return header;
}

function readerOf(bytes: Uint8Array): (bytes: Uint8Array) => ImageHeader {
  if (PNG_SIGNATURE.every((byte, index) => bytes[index] === byte)) return pngHeader;
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return jpegHeader;
  if (textAt(bytes, 0) === 'RIFF' && textAt(bytes, 8) === 'WEBP') return webpHeader;
  throw unknownImage(bytes);
}

export interface PngChunk {
  readonly type: string;
  /** With its length, type and checksum. */
  readonly whole: Uint8Array;
  readonly data: Uint8Array;
}

/** The chunks up to IEND. */
export function pngChunks(bytes: Uint8Array): PngChunk[] {
  const view = viewOf(bytes);
  const chunks: PngChunk[] = [];
  for (let at = PNG_SIGNATURE.length; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > bytes.length) break;
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    chunks.push({ type, whole: bytes.subarray(at, end), data: bytes.subarray(at + 8, end - 4) });
    if (type === 'IEND') return chunks;
    at = end;
  }
  throw badImage(bytes, `a PNG cut short after ${chunks.length} whole chunks`);
}

function pngHeader(bytes: Uint8Array): ImageHeader {
  const [first] = pngChunks(bytes);
  if (first?.type !== 'IHDR' || first.data.length !== 13) throw badImage(bytes, 'a PNG without IHDR');
  const view = viewOf(first.data);
  return { type: 'image/png', width: view.getUint32(0), height: view.getUint32(4) };
}

function jpegHeader(bytes: Uint8Array): ImageHeader {
  const view = viewOf(bytes);
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) throw badImage(bytes, `a JPEG without a marker at byte ${at}`);
    const marker = bytes[at + 1] as number;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (isFrame(marker) && at + 10 <= bytes.length) {
      const [depth, components] = [bytes[at + 4], bytes[at + 9] as number];
      if (depth !== 8) throw badImage(bytes, `a JPEG of ${depth} bits; 8 are read`);
      if (![1, 3, 4].includes(components)) throw badImage(bytes, `a JPEG of ${components} components`);
      if (!endsAfter(bytes, at)) throw badImage(bytes, 'a JPEG cut short: no end of image');
      return { type: 'image/jpeg', width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    }
    if (marker === START_OF_SCAN || marker === END_OF_IMAGE) break;
    at += 2 + view.getUint16(at + 2);
  }
  throw badImage(bytes, 'a JPEG cut short, or without a frame');
}

function endsAfter(bytes: Uint8Array, from: number): boolean {
  for (let at = bytes.length - 2; at > from; at--) {
    if (bytes[at] === 0xff && bytes[at + 1] === END_OF_IMAGE) return true;
  }
  return false;
}

/** Of WebP's extended header. */
const ANIMATED = 0x02;

/** https://developers.google.com/speed/webp/docs/riff_container; the decoder reads the sizes from the same places. */
function webpHeader(bytes: Uint8Array): ImageHeader {
  const view = viewOf(bytes);
  const chunk = textAt(bytes, 12);
  const least = chunk === 'VP8L' ? 25 : 30;
  if (bytes.length < least || bytes.length < 8 + view.getUint32(4, true))
    throw badImage(bytes, 'a WebP cut short');
  const type = 'image/webp';
  if (chunk === 'VP8 ')
    return { type, width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  if (chunk === 'VP8L') {
    const bits = view.getUint32(21, true);
    return { type, width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (chunk !== 'VP8X') throw badImage(bytes, `a WebP that begins with a chunk "${chunk}"`);
  if ((bytes[20] as number) & ANIMATED) throw badImage(bytes, 'an animated WebP, which is not read');
  const side = (at: number) => 1 + view.getUint16(at, true) + 65_536 * (bytes[at + 2] as number);
  return { type, width: side(24), height: side(27) };
}
