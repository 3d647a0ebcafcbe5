// A tenth of the suites in a real Chromium, on WebGPU: `*.browser.test.ts`. The export condition `browser` leads to the
// packages' entries for pages. A page has no engines but WebGPU; Chromium brings SwiftShader where there is no GPU.
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { findChromium } from './tools/adapter.mjs';

const { path } = findChromium();
console.log(`Chromium is ${path}.`);

export default defineConfig({
  resolve: { conditions: ['@neusim/source', 'module', 'browser', 'development|production'] },
  // Known ahead: what is found later reloads the page amid its tests.
  optimizeDeps: {
    include: [
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-layers',
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-backend-webgpu',
      '@observablehq/plot',
      'fflate',
      'hash-wasm',
      'valibot',
    ],
  },
  test: {
    include: ['packages/*/src/**/*.browser.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    provide: { engines: ['webgpu'], absent: [] },
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      fileParallelism: false,
      provider: playwright({
        launchOptions: {
          executablePath: path,
          args: [
            '--no-sandbox',
            '--enable-unsafe-webgpu',
            ...['--disable-quic', '--no-first-run', '--disable-background-networking'],
            ...['--disable-component-update', '--disable-sync'],
          ],
        },
      }),
      instances: [{ browser: 'chromium' }],
    },
  },
});
