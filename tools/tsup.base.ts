// How every package is built: ESM for Node 20 and current browsers.
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { defineConfig, type Options } from 'tsup';

const common = { format: 'esm', target: 'es2022', clean: true, sourcemap: true } as const;

/** A library: one file for each of the source, so that a bundler drops the modules a page does not use. */
export const library = (...entry: string[]) =>
  defineConfig({
    ...common,
    entry: ['src/**/*.ts', '!src/**/*.{test,fixture}.ts', '!src/test/**'],
    splitting: false,
    dts: { entry },
    esbuildPlugins: [keepModules],
  });

/** An app: one bundle of its own source, without declarations. */
export const app = (...entry: string[]) => defineConfig({ ...common, entry, splitting: true, dts: false });

const keepModules: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'keep-modules',
  setup(build) {
    build.onResolve({ filter: /^\.\.?\// }, ({ path, importer, kind }) => {
      if (kind === 'entry-point') return undefined;
      const isFile = existsSync(`${resolve(dirname(importer), path)}.ts`);
      return { path: isFile ? `${path}.js` : `${path}/index.js`, external: true };
    });
  },
};
