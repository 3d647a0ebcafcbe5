// The built pages: making them, and serving them with the headers of vite.config.ts.
import { fileURLToPath } from 'node:url';

export const configFile = fileURLToPath(new URL('../vite.config.ts', import.meta.url));
export const outFolder = fileURLToPath(new URL('../dist', import.meta.url));

/** @returns the main thread's chunks: `{ fileName, isEntry, imports, modules }`. */
export async function build(outDir = outFolder) {
  // Set by whoever tests: it would build for them.
  process.env.NODE_ENV = 'production';
  const vite = await import('vite');
  const { output } = await vite.build({ configFile, logLevel: 'warn', build: { outDir } });
  return output
    .filter(({ type }) => type === 'chunk')
    .map(({ fileName, isEntry, imports, moduleIds }) => ({ fileName, isEntry, imports, modules: moduleIds }));
}

/** @returns `{ url, close }` */
export async function preview(outDir = outFolder, { port = 0, host = false } = {}) {
  const vite = await import('vite');
  const server = await vite.preview({
    configFile,
    logLevel: 'warn',
    build: { outDir },
    preview: { port, host },
  });
  return { url: server.resolvedUrls.local[0], close: () => server.close() };
}
