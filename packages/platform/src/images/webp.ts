// WebP in Node, by libwebp as WebAssembly. (A bundler for pages never sees this: the browser has a decoder of its own.)

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { RawImage } from './decode';

type Decode = typeof import('@jsquash/webp/decode.js').default;

let loaded: Promise<Decode> | undefined;

/** The package would fetch its WebAssembly, which Node does from no file. */
async function load(): Promise<Decode> {
  const { default: decode, init } = await import('@jsquash/webp/decode.js');
  const file = createRequire(import.meta.url).resolve('@jsquash/webp/codec/dec/webp_dec.wasm');
  await init(await WebAssembly.compile(await readFile(file)));
  return decode;
}

export async function decodeWebp(bytes: Uint8Array): Promise<RawImage> {
  loaded ??= load();
  const decode = await loaded;
  const own = new Uint8Array(bytes);
  const { width, height, data } = await decode(own.buffer);
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4) {
    const alpha = data[from + 3] as number;
    for (let c = 0; c < 3; c++) rgb[to++] = Math.round(((data[from + c] as number) * alpha) / 255);
  }
  return { width, height, data: rgb };
}
