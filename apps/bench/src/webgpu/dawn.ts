/**
 * WebGPU in Node for measuring: Dawn, with timestamps as fine as the GPU gives them (by default they are rounded to
 * 0.1 ms), and with what the command line asks for besides. The engine takes `navigator.gpu` as it finds it.
 */
import { createRequire } from 'node:module';
import { create, globals } from 'webgpu';

const FINE_TIMESTAMPS = 'disable-dawn-features=timestamp_quantization';

export interface Dawn {
  /** Of the npm package. */
  readonly version: string;
  readonly flags: readonly string[];
}

/** @param flags for `create` of the package webgpu, such as `enable-dawn-features=skip_validation`. Once a process. */
export function openDawn(flags: readonly string[]): Dawn {
  for (const [name, value] of Object.entries(globals))
    if (!(name in globalThis))
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  const all = [FINE_TIMESTAMPS, ...flags];
  if (!globalThis.navigator)
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  Object.defineProperty(globalThis.navigator, 'gpu', { value: create(all), configurable: true });
  const { version } = createRequire(import.meta.url)('webgpu/package.json') as { version: string };
  return { version, flags: all };
}

/** Lets the process end. */
export function closeDawn(): void {
  Object.defineProperty(globalThis.navigator, 'gpu', { value: undefined, configurable: true });
}
