// Tests run on the packages' TypeScript source: the export condition `@neusim/source` leads there, so no build
// is needed. tfjs stays external, one copy a process; its engine is global, so every file has a process of its own.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { findAdapter } from './tools/adapter.mjs';

const conditions = ['@neusim/source', 'module', 'node', 'development|production'];

// Kernels of another state of their source give wrong numbers, or NaN. What is up to date stays.
const compile = fileURLToPath(new URL('packages/backend-wasm/assembly/compile.mjs', import.meta.url));
execFileSync(process.execPath, [compile], { stdio: 'inherit' });

const adapter = findAdapter();
Object.assign(process.env, adapter.env);
console.log(
  adapter.name ? `WebGPU runs on ${adapter.name}.` : `WebGPU's tests are left out: ${adapter.missing}.`,
);

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['node', 'module-sync'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tools/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.browser.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    isolate: true,
    execArgv: ['--max-old-space-size=4096'],
    testTimeout: 180_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    passWithNoTests: false,
    reporters: ['default'],
    runner: './tools/runner.ts',
    provide: { engines: ['cpu', 'wasm', 'webgpu'], absent: adapter.name ? [] : ['webgpu'] },
    onConsoleLog: (log) => !log.includes('you are running TensorFlow.js in Node.js'),
  },
});
