export interface Kill {
  readonly signal?: NodeJS.Signals;
  readonly after?: number;
  readonly at?: RegExp;
  readonly file?: RegExp;
  readonly where?: 'write' | 'rename';
}
export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly ms: number;
  readonly out: string;
  readonly err: string;
}
export function runOnce(main: string, args: readonly string[], kill?: Kill): Promise<Ran>;
export function filesBelow(folder: string): string[];
export function lastStep(out: string): number;
export function faultsIn(
  out: string,
  readers: {
    decodeCheckpoint(path: string, bytes: Uint8Array): unknown;
    readEventFile(bytes: Uint8Array, path: string): unknown;
    loadModel(folder: string): unknown;
  },
): Promise<string[]>;
export function traceOf(
  out: string,
  readEventFile: (bytes: Uint8Array, path: string) => unknown,
): Record<string, string>;
