// Encoded images and how they become the images of a data set: what every reader of image files and of archives with
// image files in them hands to `openEncoded`.

import * as v from 'valibot';

/** One encoded image of a data set: a PNG, JPEG or WebP in a file or an archive. */
export interface EncodedImage {
  /** Index into the classes. */
  readonly label: number;
  /** The file, or the archive and its entry: for messages, mistakes and the cache. */
  readonly name: string;
  /** Changes when its bytes do: a file's size and time, or an offset in an archive with the archive's own. */
  readonly version: string;
  /** Its bytes; what goes wrong is told by a coded error. */
  read(): Promise<Uint8Array>;
}

/** Images of a data set before they are decoded. */
export interface EncodedDataset {
  readonly name: string;
  /** Of the reader, as its definition has it: what it makes of a file may change with it. */
  readonly version: string;
  readonly classes: readonly string[];
  readonly train: readonly EncodedImage[];
  readonly test: readonly EncodedImage[];
}

/** Options of every reader of images. */
export interface ImageOptions {
  /** [height, width] that every image is brought to. */
  readonly size: readonly [height: number, width: number];
  /** 1: grey (luma), 3: red, green, blue. */
  readonly channels: 1 | 3;
  /**
   * How: `crop` scales the image to cover the size and keeps its centre, `stretch` scales its sides apart, `pad` scales
   * it to fit and leaves black around it. Always with antialiasing.
   */
  readonly fit: 'crop' | 'stretch' | 'pad';
  /** Leave out images that do not decode, and tell how many; else the first one is an error. */
  readonly skipCorrupt: boolean;
  /** Of one image before it is scaled; more is refused before memory is taken. */
  readonly maxPixels: number;
}

/** Larger images are no classification data set's; 3 bytes a pixel. */
export const DEFAULT_MAX_PIXELS = 64e6;

const side = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4096));

/** Entries of a reader's options schema, with its own defaults. */
export const imageEntries = (size: number, channels: 1 | 3 = 3) => ({
  /** One number for a square. */
  size: v.optional(
    v.union(
      [
        v.pipe(
          side,
          v.transform((of): readonly [number, number] => [of, of]),
        ),
        v.pipe(v.tuple([side, side]), v.readonly()),
      ],
      'allowed: a whole number from 1 to 4096, or [height, width]',
    ),
    size,
  ),
  channels: v.optional(v.picklist([1, 3]), channels),
  fit: v.optional(v.picklist(['crop', 'stretch', 'pad']), 'crop'),
  skipCorrupt: v.optional(v.boolean(), false),
  maxPixels: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), DEFAULT_MAX_PIXELS),
});
