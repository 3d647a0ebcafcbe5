// The part of a download that has arrived: written beside its place and hashed on the way. A part that an earlier
// process has left is read once, for its hash, and gone on with.

import type { Files, FileWriter } from '@neusim/platform';
import type { Checksums } from '../sources/types';
import { createHash, type Hash, readPieces, strongest } from './checksum';
import { ifDiskFull, tooLong, wrongChecksum } from './errors';

export type PartFiles = Pick<Files, 'createFile' | 'exists' | 'openFile'>;

export class Part {
  /** What the server calls this version of the file. */
  etag: string | undefined;
  /** Whether its beginning comes from an earlier process. */
  isOld: boolean;

  private constructor(
    private readonly files: PartFiles,
    private readonly path: string,
    private readonly sums: Checksums,
    /** Bytes that are wanted; undefined where that is not known. */
    private readonly wanted: number | undefined,
    private writer: FileWriter,
    private readonly hash: Hash | undefined,
  ) {
    this.isOld = writer.position > 0;
  }

  /** @param wanted bytes. Where neither these nor a checksum would tell that a kept part is of this file, it is dropped. */
  static async open(
    files: PartFiles,
    path: string,
    sums: Checksums,
    wanted: number | undefined,
    signal?: AbortSignal,
  ): Promise<Part> {
    const check = strongest(sums);
    const hash = check && (await createHash(check.algorithm));
    const beside = `${path}.partial`;
    const resume = (wanted !== undefined || check !== undefined) && (await files.exists(beside));
    if (resume && hash) await readPieces(files, beside, (piece) => hash.update(piece), { signal });
    const writer = await files.createFile(path, { resume });
    const part = new Part(files, path, sums, wanted, writer, hash);
    if (wanted !== undefined && writer.position > wanted) await part.restart();
    return part;
  }

  get position(): number {
    return this.writer.position;
  }

  /** @throws NeusimError `DATA_TOO_LARGE`, `DATA_DISK_FULL`, `PLATFORM_WRITE_FAILED` */
  async write(bytes: Uint8Array, url: string, allowed: number): Promise<void> {
    if (this.position + bytes.length > allowed) throw tooLong(url, allowed);
    try {
      await this.writer.write(bytes);
    } catch (error) {
      throw ifDiskFull(error, this.position, this.wanted);
    }
    this.hash?.update(bytes);
  }

  /** Drops what is there, and begins anew. */
  async restart(): Promise<void> {
    await this.writer.discard();
    this.writer = await this.files.createFile(this.path);
    this.hash?.restart();
    this.etag = undefined;
    this.isOld = false;
  }

  /** For the next call to go on with; of nothing, nothing is kept. */
  keep(): Promise<void> {
    return this.position > 0 ? this.writer.keep() : this.writer.discard();
  }

  discard(): Promise<void> {
    return this.writer.discard();
  }

  /**
   * Moves the file to its place, if it is the one.
   * @throws NeusimError `DATA_WRONG_CHECKSUM`, and `restart` or `discard` is to follow; `DATA_DISK_FULL`
   */
  async finish(): Promise<void> {
    const check = strongest(this.sums);
    const met = this.hash?.digest();
    if (check && met !== undefined && met !== check.wanted)
      throw wrongChecksum(this.path, check.algorithm, met, check.wanted);
    try {
      await this.writer.finish();
    } catch (error) {
      throw ifDiskFull(error, this.position, this.wanted);
    }
  }
}
