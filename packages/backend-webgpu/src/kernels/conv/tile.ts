/** The part of a product that one workgroup computes. */
export interface Tile {
  /** Rows of the product that a workgroup computes; a multiple of 4 · rowsPerThread for the filter gradient. */
  readonly tileM: number;
  readonly tileN: number;
  /** Length of inner dimension that is staged in workgroup memory at once; a multiple of 4. */
  readonly tileK: number;
  readonly rowsPerThread: number;
  /** A multiple of 4. */
  readonly columnsPerThread: number;
}

/** By `tuningKey(problem)`. */
export type TunedTiles = Readonly<Record<string, Tile>>;
