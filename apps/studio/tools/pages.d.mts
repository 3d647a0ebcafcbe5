export interface Chunk {
  readonly fileName: string;
  readonly isEntry: boolean;
  readonly imports: readonly string[];
  readonly modules: readonly string[];
}

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

export const outFolder: string;
export function build(outDir?: string): Promise<Chunk[]>;
export function preview(outDir?: string, at?: { port?: number; host?: boolean }): Promise<Served>;
export function serveSource(at?: { port?: number; host?: boolean }): Promise<Served>;
