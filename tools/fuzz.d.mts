/** See fuzz.mjs. */
export interface FuzzRow {
  readonly format: string;
  readonly files: number;
  readonly read: number;
  readonly refused: number;
  readonly codes: Readonly<Record<string, number>>;
  readonly faults: readonly { readonly index: number; readonly what: string; readonly path?: string }[];
  readonly grown: number;
  readonly slowest: number;
}

export const NAMES: readonly string[];

export function fuzz(options?: {
  readonly formats?: readonly string[];
  readonly files?: number;
  readonly seed?: number;
  readonly save?: string;
  readonly report?: (row: FuzzRow) => void;
}): Promise<FuzzRow[]>;
