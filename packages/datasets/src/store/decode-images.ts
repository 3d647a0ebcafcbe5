// Encoded images one after the other, decoded: some are read and decoded ahead, in order, and nothing is left running.

import { NeusimError } from '@neusim/registry';
import type { DatasetPlatform, OpenOptions } from '../types';
import { createDecoder } from './decoder';
import type { EncodedImage, ImageOptions } from './encoded';
import { badImage } from './errors';

/** What a damaged image is told by; all else is no fault of the image. */
const FAULTS = ['PLATFORM_UNKNOWN_IMAGE', 'PLATFORM_BAD_IMAGE', 'PLATFORM_TOO_LARGE', 'DATASET_BAD_IMAGE'];
const MS_BETWEEN_PAUSES = 50;

type Result = { readonly pixels: Uint8Array } | { readonly error: unknown };

/**
 * The images from `first` on: pixels [height, width, channels], or, with `skipCorrupt`, why there are none.
 * @throws NeusimError `DATASET_BAD_IMAGE`, `DATASET_DECODER_FAILED`, `PLATFORM_WORKER_FAILED`, what `read` throws; the
 *   signal's reason
 */
export async function* decodeImages(
  platform: DatasetPlatform,
  images: readonly EncodedImage[],
  first: number,
  image: ImageOptions,
  { signal, workers }: OpenOptions,
): AsyncGenerator<Uint8Array | NeusimError, void> {
  if (first >= images.length) return;
  const decoder = createDecoder(platform, image, workers, images.length - first);
  const decode = async (each: EncodedImage): Promise<Result> => {
    try {
      return { pixels: await decoder.decode(await each.read()) };
    } catch (error) {
      return { error };
    }
  };
  const pause = breathe();
  const ahead: Promise<Result>[] = [];
  try {
    for (let index = first, next = first; index < images.length; index++) {
      while (next < images.length && ahead.length < decoder.atOnce)
        ahead.push(decode(images[next++] as EncodedImage));
      const found = (await ahead.shift()) as Result;
      await pause();
      signal?.throwIfAborted();
      yield 'pixels' in found ? found.pixels : faultOf(images[index] as EncodedImage, image, found.error);
    }
  } finally {
    await decoder.close();
  }
}

function faultOf({ name }: EncodedImage, { skipCorrupt }: ImageOptions, error: unknown): NeusimError {
  if (!(error instanceof NeusimError) || !FAULTS.includes(error.code)) throw error;
  const fault = error.code === 'DATASET_BAD_IMAGE' ? error : badImage(name, error.message, error);
  if (!skipCorrupt) throw fault;
  return fault;
}

/** Lets timers and signals in now and then: a decoder that never waits would keep them out. */
function breathe() {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < MS_BETWEEN_PAUSES) return;
    await new Promise((resolve) => setTimeout(resolve));
    last = performance.now();
  };
}
