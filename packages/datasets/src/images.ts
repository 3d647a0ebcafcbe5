// Images as they are read: bytes and labels in plain typed arrays.

/** Height, width and channels of every image. */
export type ImageShape = readonly [height: number, width: number, channels: number];

/** Images that lie in a file, and are read when a batch wants them. */
export interface StoredImages {
  /** Bytes [n, height, width, channels] of the images at `indices`, in that order. Reads may overlap in time. */
  read(indices: ArrayLike<number>): Promise<Uint8Array>;
}

/** Some labelled images. */
export interface Split {
  readonly count: number;
  readonly shape: ImageShape;
  /** [count, height, width, channels], 0..255: in memory, or where they are read from (`readImages` takes either). */
  readonly images: Uint8Array | StoredImages;
  /** [count], each an index into the data set's classes. */
  readonly labels: Int32Array;
  /** The file (or archive and entry) that image `index` came from, where images have one each: for reports. */
  nameOf?(index: number): string;
}

/** Per channel, on the scale of bytes (0..255). */
export interface Statistics {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}
