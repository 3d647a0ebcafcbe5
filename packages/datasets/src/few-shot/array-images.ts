// Images that lie in an array, in a pickle or a .npz, as a pool has them: held where the memory has room, else read from the
// file, which needs them to lie there as bytes [n, height, width, channels].

import type { OpenFile } from '@neusim/platform';
import { badFile } from '../errors';
import type { NpyArray } from '../npy/array';
import { floatScale, imageArray, isPlain, readImageBytes } from '../npy/images';
import { tooLarge } from '../store/errors';
import type { ImageShape, Split, StoredImages } from '../types';

/** Images that are read at a time to be held. */
const AT_ONCE = 256;

/** An array, and its values where they lie as they are: in a file, or in memory already. */
export interface PlacedArray extends NpyArray {
  readonly held?: Uint8Array | undefined;
  readonly place?: { readonly file: OpenFile; readonly offset: number } | undefined;
}

export interface ArrayOptions {
  readonly dataset: string;
  /** Height, width and channels that are wanted. */
  readonly shape: ImageShape;
  /** Blue, green, red, as OpenCV has images. */
  readonly bgr?: boolean | undefined;
  /** Bytes of images to hold. */
  readonly memory: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ArrayImages {
  readonly count: number;
  readonly images: Split['images'];
  /** Lets go of the file that they are read from. */
  close?(): Promise<void>;
}

/**
 * @throws NeusimError `DATASET_BAD_SHAPE`, `DATASET_BAD_VALUE`, `DATASET_BAD_DTYPE`; `DATASET_TOO_LARGE` for what does not
 *   fit the memory and cannot be read from the file
 */
export async function arrayImages(array: PlacedArray, options: ArrayOptions): Promise<ArrayImages> {
  const { dataset, shape, bgr, memory } = options;
  const found = imageArray(array, undefined);
  const { count } = found;
  if (String(found.shape) !== String(shape)) throw otherShape(array.path, found.shape, shape);
  const pixels = pixelsOf(shape);
  const bytes = count * pixels;
  const isBytes = isPlain(found);
  // They take no more memory than they have.
  if (array.held && isBytes && !bgr) return { count, images: array.held };
  if (bytes <= memory) {
    const held = await readImageBytes(found, count, await floatScale(found));
    return { count, images: bgr ? turned(held, shape[2]) : held };
  }
  const { place } = array;
  if (!place || !isBytes) throw tooLarge(dataset, bytes, memory);
  const read: ReadOne = (index) => place.file.read(place.offset + index * pixels, pixels);
  return { count, images: stored(read, shape, bgr) };
}

/** Bytes of one image. */
type ReadOne = (index: number) => Promise<Uint8Array>;

/** Images that lie apart, each of the wanted shape. Held where the memory has room. */
export async function separateImages(
  count: number,
  read: ReadOne,
  { shape, bgr, memory, signal }: ArrayOptions,
): Promise<ArrayImages> {
  const images = stored(read, shape, bgr);
  const pixels = pixelsOf(shape);
  if (count * pixels > memory) return { count, images };
  const held = new Uint8Array(count * pixels);
  for (let first = 0; first < count; first += AT_ONCE) {
    signal?.throwIfAborted();
    const some = Uint32Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, i) => first + i);
    held.set(await images.read(some), first * pixels);
  }
  return { count, images: held };
}

function stored(readOne: ReadOne, shape: ImageShape, bgr: boolean | undefined): StoredImages {
  const pixels = pixelsOf(shape);
  return {
    async read(indices) {
      const out = new Uint8Array(indices.length * pixels);
      await Promise.all(
        Array.from(indices, async (index, place) => out.set(await readOne(index), place * pixels)),
      );
      return bgr ? turned(out, shape[2]) : out;
    },
  };
}

const pixelsOf = (shape: ImageShape) => shape[0] * shape[1] * shape[2];

/** Swaps blue and red, in place. */
function turned(bytes: Uint8Array, channels: number): Uint8Array {
  if (channels !== 3) return bytes;
  for (let at = 0; at < bytes.length; at += 3) {
    const blue = bytes[at]!;
    bytes[at] = bytes[at + 2]!;
    bytes[at + 2] = blue;
  }
  return bytes;
}

export function otherShape(path: string, met: readonly number[], wanted: ImageShape) {
  return badFile(
    'DATASET_BAD_SHAPE',
    path,
    0,
    `images of [${met}]; wanted are [${wanted}]`,
    { shape: [...met], wanted: [...wanted] },
    'arrays are read as they are: set "size" and "channels" to theirs, and "transform" resizes in training',
  );
}
