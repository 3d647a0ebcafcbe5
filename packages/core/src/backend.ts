/** What an engine package gives the registry: how to find out whether its engine runs here, and how to start it. */

export interface Probe {
  readonly available: boolean;
  /** The device or build that would run, such as `WebAssembly SIMD`. */
  readonly adapter: string;
  /** Why it runs, or what is missing and what to do. */
  readonly reason: string;
  /** Where `auto` tries this adapter, if not where the engine stands: a software GPU, say, behind the others. */
  readonly priority?: number;
  /** Limits and features, for `neusim doctor`. */
  readonly details?: Readonly<Record<string, string | number>>;
}

/** Product of the registry's kind `backend`; the definition's name is the tfjs backend's name. */
export interface Backend {
  /** Order in which `auto` tries engines, highest first: cpu 0, wasm 20, node 25, webgpu 30 (10 on a software adapter), node-gpu 40. */
  readonly priority: number;
  /** Never throws. */
  probe(): Promise<Probe>;
  /** Registers the tfjs backend and the engine's kernels; `startBackend` then makes it the current one. */
  start(): Promise<void>;
}
