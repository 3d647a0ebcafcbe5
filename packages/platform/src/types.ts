// What a platform offers, as types. `node.ts` and `browser.ts` export the same names, each a `Platform`;
// a package that needs files takes them as an argument of type `Files` and so never knows where it runs.

/** Bytes that own a plain, unshared buffer. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** What a file or folder is. */
export interface FileStat {
  readonly isFolder: boolean;
  /** Bytes; 0 for a folder. */
  readonly size: number;
  /** When it was last written, in milliseconds since 1970; 0 for a folder. */
  readonly modified: number;
}

/** What a folder holds. */
export interface FolderEntry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly isLink: boolean;
}

/** A file that is open for reading at any place. */
export interface OpenFile {
  /** Bytes, when it was opened. */
  readonly size: number;
  /**
   * The bytes from `offset` on, all `length` of them. Reads may overlap in time.
   * @throws NeusimError `PLATFORM_READ_FAILED`, also where the file ends before
   */
  read(offset: number, length: number): Promise<Bytes>;
  close(): Promise<void>;
}

/** A file that is being written beside its place: it is there, whole, after `finish`, or not at all. */
export interface FileWriter {
  /** Bytes written so far; those of the kept part, where one was gone on with. */
  readonly position: number;
  /** One write after the other. @throws NeusimError `PLATFORM_WRITE_FAILED`; what was written is still kept */
  write(bytes: Uint8Array): Promise<void>;
  /** Flushes and moves the file to its place. @throws NeusimError `PLATFORM_WRITE_FAILED` */
  finish(): Promise<void>;
  /** Closes and keeps the part, for a `createFile` with `resume` to go on with. */
  keep(): Promise<void>;
  /** Closes and removes the part. */
  discard(): Promise<void>;
}

/**
 * Files and folders. Paths are the system's own in Node; in a browser they name files of the page's private
 * file system, with `/` between parts, and `readFile`, `readText`, `size` and `exists` also take `http(s):` URLs.
 */
export interface Files {
  /**
   * The whole file.
   * @param maxBytes a larger file is refused before memory is taken for it.
   * @throws NeusimError `PLATFORM_FILE_MISSING`, `PLATFORM_READ_FAILED`, `PLATFORM_TOO_LARGE`
   */
  readFile(path: string, maxBytes?: number): Promise<Bytes>;
  /**
   * The whole file as UTF-8 text.
   * @param maxBytes as in `readFile`.
   * @throws NeusimError `PLATFORM_FILE_MISSING`, `PLATFORM_READ_FAILED`, `PLATFORM_TOO_LARGE`
   */
  readText(path: string, maxBytes?: number): Promise<string>;
  /**
   * Bytes of a file. A server that packs a URL on the way tells the packed size, or none: to bound what is read, give
   * `readFile` its `maxBytes`.
   * @throws NeusimError `PLATFORM_FILE_MISSING`, `PLATFORM_READ_FAILED`
   */
  size(path: string): Promise<number>;
  /**
   * Writes beside the file, flushes, then renames: a reader, or a process killed at any moment, sees the old
   * file or the new one, never a part. A failed write leaves nothing behind. The folder has to exist.
   * @throws NeusimError `PLATFORM_WRITE_FAILED`
   */
  writeAtomic(path: string, data: Uint8Array | string): Promise<void>;
  /**
   * Adds to the end of a file, which is made where there is none. Not atomic: for logs that others read as they grow.
   * @throws NeusimError `PLATFORM_WRITE_FAILED`
   */
  appendFile(path: string, data: Uint8Array | string): Promise<void>;
  /** @throws NeusimError `PLATFORM_FILE_MISSING`, `PLATFORM_READ_FAILED` */
  openFile(path: string): Promise<OpenFile>;
  /**
   * Begins a file, as `PATH.partial` beside its place. The folder has to exist.
   * @param options `resume` goes on with a part that `keep`, or a killed process, has left; otherwise such a part is dropped.
   * @throws NeusimError `PLATFORM_WRITE_FAILED`
   */
  createFile(path: string, options?: { readonly resume?: boolean | undefined }): Promise<FileWriter>;
  /** @throws NeusimError `PLATFORM_FILE_MISSING`, `PLATFORM_READ_FAILED` */
  stat(path: string): Promise<FileStat>;
  /** Whether a file or folder is there. */
  exists(path: string): Promise<boolean>;
  /** Makes a folder and those above it; one that is there already is left alone. */
  makeFolder(path: string): Promise<void>;
  /** Names (not paths) of what a folder holds, sorted. */
  listFolder(path: string): Promise<readonly string[]>;
  /** The same, each with whether it is a folder (a link: whether it leads to one), and whether it is a link. */
  listEntries(path: string): Promise<readonly FolderEntry[]>;
  /**
   * The path with every link followed, absolute. A browser's file system has no links.
   * @throws NeusimError `PLATFORM_FILE_MISSING`, `PLATFORM_READ_FAILED`
   */
  realPath(path: string): Promise<string>;
  /** Removes a file; one that is missing is no error. */
  removeFile(path: string): Promise<void>;
  /** Removes a folder and all in it; one that is missing is no error. */
  removeFolder(path: string): Promise<void>;
  /**
   * Moves a folder with all in it to a path that is free, in a folder that exists. In Node at once; in a browser file by
   * file, so that one that is stopped leaves parts in both places.
   * @throws NeusimError `PLATFORM_WRITE_FAILED`
   */
  renameFolder(from: string, to: string): Promise<void>;
  /** The folder for what can be made again: NEUSIM_CACHE, or the user's usual one; in a browser one of the page's. */
  cacheFolder(): string;
  /** Joins parts of a path. */
  joinPath(...parts: readonly string[]): string;
}

/** Work on bytes that every platform has built in. */
export interface Codecs {
  /**
   * Unpacks gzip, and stops before the result passes `maxBytes`.
   * @throws NeusimError `PLATFORM_TOO_LARGE`, `PLATFORM_BAD_GZIP`
   */
  gunzip(bytes: Uint8Array, maxBytes: number): Promise<Bytes>;
  /** SHA-256 as 64 hexadecimal digits, lower case. */
  sha256(bytes: Uint8Array): Promise<string>;
  /** SHA-256 as 32 bytes. */
  sha256Bytes(bytes: Uint8Array): Promise<Bytes>;
  /** All parts, one after another. */
  concatBytes(parts: readonly Uint8Array[]): Bytes;
}

export interface DecodeImageOptions {
  /** Width times height; an image whose header says more is refused before memory is taken for it. */
  readonly maxPixels: number;
}

export interface DecodedImage {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Red, green, blue. */
  readonly channels: 3;
  /** [height, width, 3], row-major, 0..255. */
  readonly data: Bytes;
}

export interface Images {
  /**
   * Decodes a PNG, a JPEG or a WebP into 8-bit RGB: greys are repeated, 16 bits lose their lower half, and what is transparent
   * lies on black. Colour profiles are ignored. A JPEG's EXIF orientation is ignored in Node and heeded by browsers;
   * decoders of JPEG differ by a few levels of 255.
   * @throws NeusimError `PLATFORM_UNKNOWN_IMAGE`, `PLATFORM_BAD_IMAGE`, `PLATFORM_TOO_LARGE`
   */
  decodeImage(bytes: Uint8Array, options: DecodeImageOptions): Promise<DecodedImage>;
  /** What decodes here, by name: `sharp`, `javascript` or `browser`. Pixels that are kept are another's elsewhere. */
  imageDecoder(): Promise<string>;
}

/** The side of a worker that started it. Register callbacks in the same turn as `spawn`. */
export interface WorkerHandle {
  /** Sends a structured clone; the buffers in `transfer` are moved instead of copied. */
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  onMessage(callback: (message: unknown) => void): void;
  /** Called once at most, with a NeusimError `PLATFORM_WORKER_FAILED`. */
  onError(callback: (error: Error) => void): void;
  /**
   * Called once at most: the worker ended of itself, without an error. A browser that has no `close` event of ports
   * cannot tell, and never calls.
   */
  onExit(callback: () => void): void;
  terminate(): Promise<void>;
}

/** The worker's own side. */
export interface WorkerPort {
  /** What the caller passed to `spawn`. */
  readonly data: unknown;
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  onMessage(callback: (message: unknown) => void): void;
  /** Stops listening, so that the worker may end. */
  close(): void;
}

export interface Workers {
  /** How many threads can run at once; 1 at least. */
  cores(): number;
  /** Starts the module at `url` as a worker. */
  spawn(url: URL, data?: unknown): WorkerHandle;
  /**
   * The port of the worker this is called in. Call it first of all: in a browser what comes earlier is lost.
   * @throws NeusimError `PLATFORM_NOT_A_WORKER`
   */
  port(): Promise<WorkerPort>;
}

/** One weight of a saved model, as tfjs writes it. */
export interface WeightSpec {
  name: string;
  shape: number[];
  dtype: 'float32' | 'int32' | 'bool' | 'string' | 'complex64';
  group?: 'model' | 'optimizer';
  quantization?: { scale?: number; min?: number; dtype: 'uint16' | 'uint8' | 'float16' };
}

type Anything = NonNullable<unknown>;

/** The same shape as `tf.io.ModelArtifacts`, so that this package need not know tfjs. */
export interface ModelArtifacts {
  modelTopology?: Anything;
  weightSpecs?: WeightSpec[];
  weightData?: ArrayBuffer | ArrayBuffer[];
  format?: string;
  generatedBy?: string;
  convertedBy?: string | null;
  trainingConfig?: {
    optimizer_config: Anything;
    loss: string | string[] | Record<string, string>;
    metrics?: string[] | Record<string, string>;
    weighted_metrics?: string[];
    sample_weight_mode?: string;
    loss_weights?: number[] | Record<string, number>;
  };
  signature?: Anything;
  userDefinedMetadata?: Record<string, Anything>;
  modelInitializer?: Anything;
  initializerSignature?: Anything;
}

/** A `tf.io.IOHandler`: give it to `model.save` and `tf.loadLayersModel`. */
export interface ModelFile {
  save(artifacts: ModelArtifacts): Promise<{
    modelArtifactsInfo: {
      dateSaved: Date;
      modelTopologyType: 'JSON';
      modelTopologyBytes: number;
      weightSpecsBytes: number;
      weightDataBytes: number;
    };
  }>;
  load(): Promise<ModelArtifacts>;
}

/** Everything `@neusim/platform` exports, in Node and in a browser. */
export interface Platform extends Files, Codecs, Images, Workers {
  /** The model saved in a folder (or at `FOLDER/model.json`), in tfjs's layers-model format. */
  modelFile(path: string): ModelFile;
}
