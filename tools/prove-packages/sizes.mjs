// What the three packages weigh: as tarballs, unpacked, and in the bundle of a page.
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Bytes, minified and gzipped, of a page's JavaScript: ours, and with tfjs; the kernels, of which a page loads one build. */
export async function bundleSizes(folder) {
  const bundle = async (external) => {
    const { outputFiles } = await build({
      entryPoints: [join(folder, 'bundle.js')],
      absWorkingDir: folder,
      bundle: true,
      minify: true,
      splitting: true,
      write: false,
      format: 'esm',
      target: 'es2022',
      outdir: join(folder, 'out'),
      chunkNames: '[name]-[hash]',
      external,
      logLevel: 'error',
    });
    return outputFiles.map(({ path, contents }) => ({
      path,
      bytes: gzipSync(contents, { level: 9 }).length,
    }));
  };
  const total = (files) => files.reduce((sum, { bytes }) => sum + bytes, 0);
  const isKernels = ({ path }) => /(relaxed|simd)-[^/]*\.js$/.test(path);
  const alone = await bundle(['@tensorflow/*']);
  const whole = await bundle([]);
  const kernels = alone.filter(isKernels);
  return {
    ours: total(alone.filter((file) => !isKernels(file))),
    kernels: Math.max(...kernels.map(({ bytes }) => bytes)),
    withTfjs: total(whole.filter((file) => !isKernels(file))),
  };
}

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

/** docs/sizes.md. */
export const sizesPage = (packed, { ours, kernels, withTfjs }) => `# Sizes

Written by \`node tools/prove-packages.mjs --write\`, which packs the three packages that a page needs, installs them in an
empty project and trains a layer there. What an import of each package may cost is held by \`.size-limit.mjs\`.

| package | tarball | unpacked, with source and maps | files |
| --- | --- | --- | --- |
${packed
  .map(
    ({ name, size, unpackedSize, entryCount }) =>
      `| \`${name}\` | ${kilobytes(size)} | ${kilobytes(unpackedSize)} | ${entryCount} |`,
  )
  .join('\n')}

| a page with one layer on \`wasm\`, minified and gzipped | JavaScript |
| --- | --- |
| ours, without the kernels | ${kilobytes(ours)} |
| the kernels, of which a page loads one of two builds | ${kilobytes(kernels)} |
| all of it with tfjs, without the kernels | ${kilobytes(withTfjs)} |

tfjs's own \`.wasm\` file (about 400 kB) comes beside it. Of other packages, only \`valibot\` is installed along.
`;
