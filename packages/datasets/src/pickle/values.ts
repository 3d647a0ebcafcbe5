// What a pickle's values become. None, truth, numbers and text are JavaScript's own; whole numbers past 2^53 are bigints,
// lists and tuples arrays, dicts Maps, sets Sets.

/** Bytes, or Python 2's text: held, or left in the file until they are wanted. */
export class PickledBytes {
  /** @param at the bytes, or the place of the first in the file. */
  constructor(
    readonly length: number,
    readonly at: Uint8Array | number,
  ) {}

  /** Latin-1, as Python 2's text is; undefined where the bytes are not held, which are no name then. */
  get text(): string | undefined {
    return typeof this.at === 'number' ? undefined : new TextDecoder('latin1').decode(this.at);
  }
}

/** Unicode that is too long to be a name: its UTF-8 lies in the file. */
export class PickledText {
  constructor(
    readonly bytes: number,
    readonly offset: number,
  ) {}
}

/** A function or class of Python, by its name alone. */
export class PickledGlobal {
  constructor(readonly name: string) {}
}

/** A dtype of numpy. */
export class PickledDtype {
  /** `<`, `>`, `|` or `=`. */
  order = '|';

  /** @param kind without the order: `u1`. */
  constructor(readonly kind: string) {}

  /** As numpy writes it: `<f4`. */
  get name(): string {
    return `${this.order}${this.kind}`;
  }

  /** Bytes of one value; NaN for Python's objects and what is not known. */
  get bytes(): number {
    const size = /^([a-zA-Z])(\d{1,9})$/.exec(this.kind);
    if (!size || size[1] === 'O') return Number.NaN;
    return Number(size[2]) * (size[1] === 'U' ? 4 : 1);
  }

  get isObject(): boolean {
    return this.kind[0] === 'O';
  }
}

/** An array of numpy. Until it is built it has no dtype. */
export class PickledArray {
  shape: readonly number[] = [];
  dtype: PickledDtype | undefined;
  /** Whether the first index runs fastest. */
  fortran = false;
  /** Its bytes; for an array of Python's objects the objects. */
  data: PickledBytes | readonly unknown[] = [];
}

/** The text that a value is; undefined where it is none. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return value instanceof PickledBytes ? value.text : undefined;
}
