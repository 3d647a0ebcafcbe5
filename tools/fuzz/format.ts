// What a format has to offer to be fuzzed.

/** A small valid file. */
export interface Seed {
  readonly bytes: Uint8Array;
  /** Packs what was damaged: checksums and compression on top would keep damage from the reader beneath. */
  readonly wrap?: (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>;
}

export interface Format {
  seeds(): Promise<readonly Seed[]>;
  /**
   * Reads one damaged file with the reader that users have. A coded error is thrown, or the result is whole.
   * @param folder for the file, and for it alone.
   * @throws NeusimError; `Wrong` for a result that cannot be
   */
  read(bytes: Uint8Array, folder: string): Promise<void>;
}

/** A reader gave something that is no result. */
export class Wrong extends Error {}

export function demand(holds: boolean, what: string): void {
  if (!holds) throw new Wrong(what);
}
