// The pages: building them, and serving them with the headers of vite.config.ts.
import { fileURLToPath } from 'node:url';

const configFile = fileURLToPath(new URL('../vite.config.ts', import.meta.url));
const common = { configFile, logLevel: 'warn' };

export const outFolder = fileURLToPath(new URL('../dist', import.meta.url));

/** @returns the main thread's chunks: `{ fileName, isEntry, imports, modules }`; imports are static ones. */
export async function build(outDir = outFolder) {
  // A test runner sets another, and the build would be one for tests.
  process.env.NODE_ENV = 'production';
  const vite = await import('vite');
  const { output } = await vite.build({ ...common, build: { outDir } });
  return output
    .filter(({ type }) => type === 'chunk')
    .map(({ fileName, isEntry, imports, moduleIds }) => ({ fileName, isEntry, imports, modules: moduleIds }));
}

/** Serves what was built. @returns `{ url, close }` */
export async function preview(outDir = outFolder, { port = 0, host = false } = {}) {
  const vite = await import('vite');
  const server = await vite.preview({ ...common, build: { outDir }, preview: { port, host } });
  return { url: server.resolvedUrls.local[0], close: () => server.close() };
}

/** Serves the source, changes included. @returns `{ url, close }` */
export async function serveSource({ port = 0, host = false } = {}) {
  const vite = await import('vite');
  const server = await vite.createServer({ ...common, server: { port, host } });
  await server.listen();
  return { url: server.resolvedUrls.local[0], close: () => server.close() };
}
