// A pickle's bytes, in order, through a window: what is looked for lies in it, and what is large is passed over and read
// when it is wanted.

import type { OpenFile } from '@neusim/platform';
import type { OpenOptions } from '../types';
import { badPickle, shortPickle } from './errors';

/** More than this is never needed at once, but for a line of text. */
const WINDOW_BYTES = 64 * 1024;
/** Of one line: arrays that protocol 0 writes as text. */
const LONGEST_LINE = 2 ** 28;

const NEWLINE = 10;

export class PickleCursor {
  private window = new Uint8Array(0);
  private view = new DataView(this.window.buffer);
  /** Where the window begins in the file, and where it is read. */
  private start = 0;
  private next = 0;

  constructor(
    readonly file: OpenFile,
    readonly path: string,
    private readonly options: OpenOptions = {},
  ) {}

  /** The byte that is read next. */
  get offset(): number {
    return this.start + this.next;
  }

  /** Bytes behind it. */
  get left(): number {
    return this.file.size - this.offset;
  }

  /** Whether so many bytes lie in the window: then they can be read without waiting. */
  has(bytes: number): boolean {
    return this.next + bytes <= this.window.length;
  }

  /**
   * Brings so many bytes into the window, `WINDOW_BYTES` at most, or all that are left.
   * @throws what reading throws; the signal's reason
   */
  async fill(bytes = WINDOW_BYTES): Promise<void> {
    if (this.has(Math.min(bytes, this.left))) return;
    this.options.signal?.throwIfAborted();
    const offset = this.offset;
    this.window = await this.file.read(offset, Math.min(WINDOW_BYTES, this.left));
    this.view = new DataView(this.window.buffer, this.window.byteOffset, this.window.byteLength);
    this.start = offset;
    this.next = 0;
    this.options.onProgress?.({ phase: 'unpacking', done: offset, total: this.file.size });
  }

  private pass(bytes: number): number {
    if (!this.has(bytes)) throw this.short(bytes);
    const at = this.next;
    this.next += bytes;
    return at;
  }

  u8 = (): number => this.view.getUint8(this.pass(1));
  u16 = (): number => this.view.getUint16(this.pass(2), true);
  u32 = (): number => this.view.getUint32(this.pass(4), true);
  i32 = (): number => this.view.getInt32(this.pass(4), true);
  /** As Python's pickle has floats: the other way round. */
  f64 = (): number => this.view.getFloat64(this.pass(8));

  /** A length of 8 bytes; past 2^53 it is not exact, and longer than any file. */
  u64 = (): number => Number(this.view.getBigUint64(this.pass(8), true));

  /** Bytes of the window, which is left to its owner: a copy. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    const at = this.pass(bytes);
    return this.window.slice(at, at + bytes);
  }

  /** Passes over bytes that need not lie in the window. @returns where they begin */
  leap(bytes: number): number {
    const { offset } = this;
    if (bytes > this.left) throw this.short(bytes);
    this.next += bytes;
    if (this.next > this.window.length) {
      this.start = offset + bytes;
      this.next = 0;
      this.window = new Uint8Array(0);
    }
    return offset;
  }

  /** The bytes up to the end of the line, which is passed. */
  async line(): Promise<Uint8Array> {
    const { offset } = this;
    const parts: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      await this.fill(1);
      const end = this.window.indexOf(NEWLINE, this.next);
      const part = this.window.slice(this.next, end < 0 ? undefined : end);
      parts.push(part);
      length += part.length;
      if (length > LONGEST_LINE)
        throw badPickle(this.path, offset, `a line of more than ${LONGEST_LINE} bytes`);
      this.next += part.length;
      if (end >= 0) break;
      if (this.left === 0) throw shortPickle(this.path, this.file.size, offset, length + 1);
    }
    this.next++;
    if (parts.length === 1) return parts[0]!;
    const whole = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  private short(wanted: number) {
    return shortPickle(this.path, this.file.size, this.offset, wanted);
  }
}
