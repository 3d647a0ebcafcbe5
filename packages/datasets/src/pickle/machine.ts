// What the opcodes of a pickle work on: a stack, marks in it, and the memo of what was met.

import type { PickleCursor } from './cursor';
import { badPickle } from './errors';
import { PickledArray, PickledBytes, textOf } from './values';

/** More opcodes than this are no images and labels: the largest copies, of 450,000 images, have 14 million. */
const MOST_OPCODES = 2 ** 25;
/** Bytes of what is made, about: a file of empty dicts alone would take a hundred times its size. The largest copies take 0.5 GiB. */
const MOST_BYTES = 2 ** 31;

/** About what V8 takes for a value, without what it holds. */
function sizeOf(value: unknown): number {
  if (value instanceof Map || value instanceof Set) return 256;
  if (value instanceof PickledBytes) return typeof value.at === 'number' ? 64 : 256 + value.at.length;
  if (value instanceof PickledArray) return 128;
  if (typeof value === 'string') return 32 + value.length;
  return typeof value === 'object' && value !== null ? 64 : 8;
}

export class PickleMachine {
  readonly stack: unknown[] = [];
  readonly marks: number[] = [];
  readonly memo = new Map<number, unknown>();
  private opcodes = 0;
  private made = 0;
  private bytes = 0;

  constructor(readonly cursor: PickleCursor) {}

  /** Of the opcode that is worked on. */
  at = 0;

  begin(): void {
    this.at = this.cursor.offset;
    if (++this.opcodes > MOST_OPCODES) throw this.bad(`more than ${MOST_OPCODES} opcodes`);
  }

  bad(what: string, data?: Record<string, unknown>) {
    return badPickle(this.cursor.path, this.at, what, data);
  }

  /**
   * What is made anew of what is there already: together no more than the file has bytes, so that a small file cannot
   * grow by naming one value often.
   */
  spend(values: number): void {
    this.made += values;
    if (this.made > this.cursor.file.size) throw this.bad('it makes more than it holds');
  }

  /** Puts what was just made on the stack. */
  push(value: unknown): void {
    this.bytes += sizeOf(value);
    if (this.bytes > MOST_BYTES) throw this.bad('it makes more values than any copy of a data set has');
    this.stack.push(value);
  }

  /** Nothing below the last mark can be taken. */
  private require(): void {
    if (this.stack.length <= (this.marks.at(-1) ?? 0)) throw this.bad('it takes what is not there');
  }

  pop(): unknown {
    this.require();
    return this.stack.pop();
  }

  top(): unknown {
    this.require();
    return this.stack[this.stack.length - 1];
  }

  mark(): void {
    this.marks.push(this.stack.length);
  }

  /** All above the last mark, which is taken too. */
  popMark(): unknown[] {
    const from = this.marks.pop();
    if (from === undefined) throw this.bad('it takes a mark that is not there');
    return this.stack.splice(from);
  }

  put(index: number): void {
    // Every value that is kept took a byte of the file.
    if (!(index >= 0 && index <= this.at)) throw this.bad(`it keeps a value as number ${index}`);
    this.memo.set(index, this.top());
  }

  get(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw this.bad(`it wants value number ${index}, which was not kept`);
    this.stack.push(value);
  }

  append(values: readonly unknown[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw this.bad('it appends to what is no list');
    for (const value of values) list.push(value);
  }

  /** @param items keys and values in turn. */
  setItems(items: readonly unknown[]): void {
    const dict = this.top();
    if (!(dict instanceof Map)) throw this.bad('it sets a key of what is no dict');
    if (items.length % 2 !== 0) throw this.bad('a key without a value');
    for (let i = 0; i < items.length; i += 2) dict.set(this.key(items[i]), items[i + 1]);
  }

  add(values: readonly unknown[]): void {
    const set = this.top();
    if (!(set instanceof Set)) throw this.bad('it adds to what is no set');
    for (const value of values) set.add(this.key(value));
  }

  /** Python 2's text and bytes are found by the text that they are. */
  key(value: unknown): unknown {
    return textOf(value) ?? value;
  }
}
