/**
 * Compiles this folder with AssemblyScript, once with plain and once with relaxed SIMD, and writes each binary,
 * packed, as a module into src/generated. `npm run build` and `npm test` call it; what is up to date stays.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { microkernels } from './microkernels.mjs';

const source = dirname(fileURLToPath(import.meta.url));
const generated = join(source, '../src/generated');

/** V8 keeps 5 by 2 sums in registers beside what separate multiplications need, 6 by 2 beside fused ones. */
const builds = {
  simd: { features: ['simd'], rows: 5 },
  relaxed: { features: ['simd', 'relaxed-simd'], rows: 6 },
};

const options = ['--runtime', 'stub', '--importMemory', '--maximumMemory', '65536', '-O3', '--noAssert'];

function hashOfSource() {
  const { version } = createRequire(import.meta.url)('assemblyscript/package.json');
  const hash = createHash('sha256').update(version);
  for (const name of readdirSync(source).sort()) hash.update(name).update(readFileSync(join(source, name)));
  return hash.digest('hex').slice(0, 16);
}

async function compile({ features, rows }) {
  const { default: asc } = await import('assemblyscript/asc');
  const written = { 'microkernels.ts': microkernels(rows) };
  const enable = features.flatMap((feature) => ['--enable', feature]);
  let binary;
  const { error, stderr } = await asc.main(['index.ts', '--outFile', 'kernels.wasm', ...options, ...enable], {
    readFile(name) {
      if (name in written) return written[name];
      const path = join(source, name);
      return existsSync(path) ? readFileSync(path, 'utf8') : null;
    },
    writeFile(_, content) {
      binary = content;
    },
    listFiles: () => [],
  });
  if (error) throw new Error(`${error.message}\n${stderr}`);
  return Buffer.from(binary);
}

const header = `// Written by assembly/compile.mjs from ${hashOfSource()}`;
mkdirSync(generated, { recursive: true });
for (const [name, build] of Object.entries(builds)) {
  const file = join(generated, `${name}.ts`);
  if (existsSync(file) && readFileSync(file, 'utf8').startsWith(header)) continue;
  const binary = await compile(build);
  // Beside, then renamed: two checks may compile at once.
  const beside = `${file}.${process.pid}`;
  writeFileSync(
    beside,
    `${header}\nexport default '${gzipSync(binary, { level: 9 }).toString('base64')}';\n`,
  );
  renameSync(beside, file);
}
