// `npm run gpu-bundle`: one archive for a Linux x64 host with a GPU and without a network, with Node, Dawn, the Vulkan
// loader, the built packages and apps, parity, benchmarks, and the demo's digits. `run.sh` in it runs them.
//   npm run gpu-bundle -- [--out neusim-gpu.tar.xz]
import { cpSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { copyNode, copyVulkanLoader, NODE, run } from './gpu-bundle/binaries.mjs';
import { copyDawn, copyModules } from './gpu-bundle/modules.mjs';
import { build, seconds } from './setup.mjs';
import { readJson, root } from './shell.mjs';

const MOST_BYTES = 45e6;
const NAME = 'neusim-gpu';

/** @returns the exit code. */
export async function gpuBundle(args) {
  const { values } = parseArgs({ args, options: { out: { type: 'string', default: `${NAME}.tar.xz` } } });
  const out = resolve(values.out);
  const built = (await build('@neusim/bench')) || (await build('neusim'));
  if (built) return built;
  const started = Date.now();
  const folder = mkdtempSync(join(tmpdir(), 'neusim-gpu-'));
  try {
    await stage(join(folder, NAME));
    process.stderr.write('Packing (xz) …\n');
    run('tar', ['--sort=name', '--owner=0', '--group=0', '-cf', `${NAME}.tar`, NAME], folder);
    run('xz', ['--x86', '--lzma2=preset=6', '--threads=1', `${NAME}.tar`], folder);
    cpSync(join(folder, `${NAME}.tar.xz`), out);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    return 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const { size } = statSync(out);
  process.stdout.write(`${out}: ${(size / 1e6).toFixed(1)} MB, in ${seconds(started)}\n`);
  if (size <= MOST_BYTES) return 0;
  process.stderr.write(`larger than the ${MOST_BYTES / 1e6} MB that it may be\n`);
  return 1;
}

async function stage(to) {
  process.stderr.write(`Node ${NODE} …\n`);
  copyNode(join(to, 'bin/node'));
  const loader = copyVulkanLoader(join(to, 'lib/libvulkan.so.1'));
  const dawn = copyDawn(to);
  const modules = await copyModules(to);
  cpSync(join(root, 'tools/gpu-bundle/run.sh'), join(to, 'run.sh'));
  cpSync(join(root, 'LICENSE'), join(to, 'LICENSE'));
  const { version } = readJson(join(root, 'packages/core/package.json'));
  const facts = { neusim: version, node: NODE, dawn, vulkanLoader: loader, modules };
  writeFileSync(join(to, 'bundle.json'), `${JSON.stringify(facts, null, 2)}\n`);
}

if (process.argv[1] === import.meta.filename) process.exitCode = await gpuBundle(process.argv.slice(2));
