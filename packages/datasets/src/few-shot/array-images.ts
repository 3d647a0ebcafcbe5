// Images that lie in an array, in a pickle or a .npz, as a pool has them: held where the memory has room, else read from the
// file, which needs them to lie there as bytes [n, height, width, channels]. Images of another size are brought to it.

import type { OpenFile } from '@neusim/platform';
import { badFile } from '../errors';
import type { NpyArray } from '../npy/array';
import { floatScale, imageArray, isPlain, readImageBytes } from '../npy/images';
import { readImages } from '../split';
import { decodeToSize } from '../store/decode';
import type { ImageOptions } from '../store/encoded';
import { tooLarge } from '../store/errors';
import type { ImageShape, OpenOptions, Split, StoredImages } from '../types';

/** Images that are read at a time to be held. */
const AT_ONCE = 256;

/** An array, and its values where they lie as they are: in a file, or in memory already. */
export interface PlacedArray extends NpyArray {
  readonly held?: Uint8Array | undefined;
  readonly place?: { readonly file: OpenFile; readonly offset: number } | undefined;
}

export interface ArrayOptions extends Pick<OpenOptions, 'signal' | 'onProgress'> {
  readonly dataset: string;
  readonly image: ImageOptions;
  /** Blue, green, red, as OpenCV has images. */
  readonly bgr?: boolean | undefined;
  /** Bytes of images to hold. */
  readonly memory: number;
}

export interface ArrayImages extends Pick<Split, 'count' | 'shape' | 'images'> {
  /** Lets go of the file that they are read from. */
  close?(): Promise<void>;
}

/**
 * @throws NeusimError `DATASET_BAD_SHAPE`, `DATASET_BAD_VALUE`, `DATASET_BAD_DTYPE`; `DATASET_TOO_LARGE` for what does not
 *   fit the memory and cannot be read from the file
 */
export async function arrayImages(array: PlacedArray, options: ArrayOptions): Promise<ArrayImages> {
  const { dataset, bgr, memory } = options;
  const found = imageArray(array, undefined);
  const { count, shape } = found;
  const pixels = pixelsOf(shape);
  const bytes = count * pixels;
  const isBytes = isPlain(found);
  const { held, place } = array;
  const raw = async (): Promise<Split['images']> => {
    // They take no more memory than they have.
    if (held && isBytes && !bgr) return held;
    const isWanted = String(shape) === String(shapeOf(options.image));
    // To be brought to size, they are read one by one where they can be.
    if (bytes <= memory && (isWanted || !place || !isBytes)) {
      const all = await readImageBytes(found, count, await floatScale(found));
      return bgr ? turned(all, shape[2]) : all;
    }
    if (!place || !isBytes) throw tooLarge(dataset, bytes, memory);
    return stored((index) => place.file.read(place.offset + index * pixels, pixels), shape, bgr);
  };
  return toSize(array.path, { count, shape, images: await raw() }, options, false);
}

/** Bytes of one image. */
type ReadOne = (index: number) => Promise<Uint8Array>;

/** Images that lie apart, all of one shape. Held where the memory has room. */
export async function separateImages(
  path: string,
  { count, shape, read }: { readonly count: number; readonly shape: ImageShape; readonly read: ReadOne },
  options: ArrayOptions,
): Promise<ArrayImages> {
  return toSize(path, { count, shape, images: stored(read, shape, options.bgr) }, options, true);
}

/**
 * Images of the options' size and channels; those that are made anew are held where the memory has room.
 * @param holds whether to hold also those that are of the size.
 * @throws NeusimError `DATASET_BAD_SHAPE` for images that are not of three channels, and should be of others
 */
export async function toSize(
  path: string,
  from: Pick<Split, 'count' | 'shape' | 'images'>,
  { image, ...options }: Omit<ArrayOptions, 'dataset' | 'bgr'>,
  holds: boolean,
): Promise<ArrayImages> {
  const shape = shapeOf(image);
  if (String(from.shape) === String(shape)) return holds ? hold(from, options) : from;
  const [height, width, channels] = from.shape;
  if (channels !== 3) throw otherShape(path, from.shape, shape);
  const [own, pixels] = [pixelsOf(from.shape), pixelsOf(shape)];
  const images: StoredImages = {
    async read(indices) {
      const all = await readImages({ ...from, labels: new Int32Array(0) }, indices);
      const out = new Uint8Array(indices.length * pixels);
      for (let place = 0; place < indices.length; place++) {
        const data = all.slice(place * own, (place + 1) * own);
        const decodeImage = async () => ({ width, height, channels: 3 as const, data });
        out.set(await decodeToSize({ decodeImage }, data, image), place * pixels);
      }
      return out;
    },
  };
  return hold({ count: from.count, shape, images }, options);
}

async function hold(
  from: Pick<Split, 'count' | 'shape' | 'images'>,
  { memory, signal, onProgress }: Pick<ArrayOptions, 'memory' | 'signal' | 'onProgress'>,
): Promise<ArrayImages> {
  const { count, images } = from;
  const pixels = pixelsOf(from.shape);
  if (images instanceof Uint8Array || count * pixels > memory) return from;
  const held = new Uint8Array(count * pixels);
  for (let first = 0; first < count; first += AT_ONCE) {
    signal?.throwIfAborted();
    onProgress?.({ phase: 'decoding', done: first, total: count });
    const some = Uint32Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, i) => first + i);
    held.set(await images.read(some), first * pixels);
  }
  return { ...from, images: held };
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

const shapeOf = ({ size, channels }: ImageOptions): ImageShape => [...size, channels];
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

function otherShape(path: string, met: readonly number[], wanted: ImageShape) {
  return badFile(
    'DATASET_BAD_SHAPE',
    path,
    0,
    `images of [${met}]; wanted are [${wanted}]`,
    { shape: [...met], wanted: [...wanted] },
    'images of three channels are brought to "size" and "channels"; others have to have them',
  );
}
