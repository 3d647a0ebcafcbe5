// How every package is built: ESM for Node 20 and current browsers. Packages carry declarations; apps do not.
import { defineConfig } from 'tsup';

const common = {
  format: 'esm',
  target: 'es2022',
  clean: true,
  sourcemap: true,
  treeshake: true,
  splitting: true,
} as const;

export const library = (...entry: string[]) => defineConfig({ ...common, entry, dts: true });

export const app = (...entry: string[]) => defineConfig({ ...common, entry, dts: false });
