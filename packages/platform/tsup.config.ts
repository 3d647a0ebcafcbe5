import { defineConfig } from 'tsup';

export default defineConfig({ entry: ['src/node.ts', 'src/browser.ts'], format: 'esm', dts: true, clean: true, sourcemap: true });
