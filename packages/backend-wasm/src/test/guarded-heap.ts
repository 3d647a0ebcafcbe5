/**
 * A heap for tests of the kernels in `assembly/`. Every word that is nobody's holds a NaN of its own, told by its place:
 * what is read out of bounds, or before it was written, makes the result NaN, and what is written out of bounds, or
 * after it was freed, is a word that has changed.
 *
 *   [0, MARGIN)              for a buffer at the very beginning: whoever reads before it traps
 *   [MARGIN, size − MARGIN)  buffers in the order in which they are asked for, with guards between them
 *   [size − MARGIN, size)    for a buffer at the very end: whoever reads beyond it traps
 */

import type { Address } from '../native/exports';
import type { Heap } from '../native/native';

const PAGE = 1 << 16;
const PAGES = 128;
const SIZE = PAGES * PAGE;
const MARGIN = 1 << 17;
/** Bytes between two buffers; as in tfjs's heap, buffers begin at multiples of 16. */
const GUARD = 1 << 10;

export interface HeapOptions {
  readonly shared?: boolean;
  /** Grows the memory whenever a kernel asks for some, so that views of it are lost. */
  readonly grows?: boolean;
}

interface Block {
  readonly what: string;
  readonly address: Address;
  readonly bytes: number;
}

export class GuardedHeap implements Heap {
  readonly memory: WebAssembly.Memory;
  /** How often memory may still be asked for; after that there is none. */
  left = Number.POSITIVE_INFINITY;
  /** What has been asked for with `malloc` since the last reset. */
  asked = 0;
  readonly #grows: boolean;
  #blocks: Block[] = [];
  #kept: Block[] = [];
  #next = MARGIN;
  #faults: string[] = [];

  constructor({ shared = false, grows = false }: HeapOptions = {}) {
    this.memory = new WebAssembly.Memory({ initial: PAGES, maximum: 8 * PAGES, shared });
    this.#grows = grows;
    this.#poison(0, SIZE);
  }

  readonly malloc = (bytes: number): Address => {
    this.asked++;
    if (--this.left < 0) return 0;
    if (this.#grows) this.memory.grow(1);
    return this.place('scratch', bytes);
  };

  readonly free = (address: Address): void => {
    const block = this.#blocks.find((each) => each.address === address && each.what === 'scratch');
    if (!block) this.#faults.push(`free(${address}), which nobody was given`);
    else {
      this.#blocks.splice(this.#blocks.indexOf(block), 1);
      this.#poison(block.address, block.address + block.bytes);
    }
  };

  /** Takes memory for a buffer, full of NaN: amid guards, or up against an address. */
  place(what: string, bytes: number, at: Address | 'end' = this.#next): Address {
    const address = at === 'end' ? SIZE - bytes : at;
    if (at === this.#next) this.#next = ((address + bytes + 15) & ~15) + GUARD;
    const [low, high] =
      address < MARGIN ? [0, MARGIN] : at === 'end' ? [SIZE - MARGIN, SIZE] : [MARGIN, SIZE - MARGIN];
    if (bytes % 4 !== 0 || address < low || address + bytes > high)
      throw new Error(`no room for ${bytes} bytes of ${what}`);
    this.#blocks.push({ what, address, bytes });
    return address;
  }

  /** What is held now outlives a reset. */
  keep(): void {
    this.#kept = this.#blocks.map((block) => ({ ...block, what: 'what is kept' }));
    this.reset();
  }

  reset(): void {
    const kept = this.#kept.map(({ address, bytes }) => this.floats(address, bytes / 4).slice());
    this.#poison(0, Math.min(SIZE, this.#next + GUARD));
    this.#poison(SIZE - MARGIN, SIZE);
    this.#blocks = [...this.#kept];
    for (const [i, { address }] of this.#kept.entries()) this.write(address, kept[i] as Float32Array);
    this.#next = Math.max(
      MARGIN,
      ...this.#kept.map(({ address, bytes }) => ((address + bytes + 15) & ~15) + GUARD),
    );
    this.#faults = [];
    this.asked = 0;
    this.left = Number.POSITIVE_INFINITY;
  }

  floats(address: Address, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, length);
  }

  write(address: Address, values: ArrayLike<number>): void {
    this.floats(address, values.length).set(values);
  }

  /** What went wrong since the last reset: scratch never freed, and words that changed though they are nobody's. */
  faults(): string[] {
    const leaks = this.#blocks.filter(({ what }) => what === 'scratch');
    const faults = [...this.#faults, ...leaks.map(({ bytes }) => `${bytes} bytes never freed`)];
    const held = [...this.#blocks].sort((a, b) => a.address - b.address);
    const edge = { what: 'the end of memory', address: SIZE, bytes: 0 };
    let before: Block = { what: 'the beginning of memory', address: 0, bytes: 0 };
    for (const block of [...held, edge]) {
      const from = before.address + before.bytes;
      const changed = this.#firstChanged(from, block.address);
      if (changed !== undefined)
        faults.push(
          `written ${changed - from} bytes after ${before.what}, ${block.address - changed} before ${block.what}`,
        );
      before = block;
    }
    return faults;
  }

  #poison(from: Address, to: Address): void {
    const words = new Uint32Array(this.memory.buffer);
    for (let i = from >>> 2; i < to >>> 2; i++) words[i] = nanOf(i);
  }

  #firstChanged(from: Address, to: Address): Address | undefined {
    const words = new Uint32Array(this.memory.buffer);
    for (let i = from >>> 2; i < to >>> 2; i++) {
      // Nothing is placed here before `#next`, but for the end: its guard stands for what lies between.
      if (4 * i === this.#next + GUARD && to > SIZE - MARGIN) i = (SIZE - MARGIN) >>> 2;
      if (words[i] !== nanOf(i)) return 4 * i;
    }
    return undefined;
  }
}

/** The bits of a quiet NaN for a word. */
function nanOf(word: number): number {
  return 0x7fc00000 | ((word + 1) & 0x3fffff);
}
