// Packs packages as npm would publish them, and installs such tarballs into a project of their own.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm } from './setup.mjs';
import { quiet } from './shell.mjs';

/** Packs the workspaces into `destination`: `[{ name, filename, size, unpackedSize, … }]`, as `npm pack --json` tells. */
export async function pack(names, destination) {
  const args = [
    'pack',
    '--json',
    '--ignore-scripts',
    '--loglevel=error',
    `--pack-destination=${destination}`,
  ];
  const { code, output, stdout } = await quiet([
    npm(),
    ...args,
    ...names.map((name) => `--workspace=${name}`),
  ]);
  if (code !== 0) throw new Error(`npm pack failed:\n${output}`);
  const packed = JSON.parse(stdout);
  return Array.isArray(packed) ? packed : Object.values(packed);
}

/**
 * A new project in `folder` with these dependencies (`file:` for a tarball), installed by npm from its cache where it can.
 * @returns the packages of its lockfile, by their path.
 */
export async function installInto(folder, dependencies, more = {}) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'stranger', private: true, dependencies, ...more }),
  );
  const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const { code, output } = await quiet([npm(), ...args], { cwd: folder, timeout: 240_000 });
  if (code !== 0) throw new Error(`npm install failed:\n${output}`);
  return JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')).packages;
}

/** The name of the package at a path of a lockfile. */
export const nameAt = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** Names of the packages that `names` need, themselves included: their dependencies, and peers that are installed. */
export function closure(packages, names) {
  const found = new Set();
  const visit = (name) => {
    if (found.has(name)) return;
    const entries = Object.entries(packages).filter(([path]) => path !== '' && nameAt(path) === name);
    if (entries.length === 0) return;
    found.add(name);
    for (const [, { dependencies, peerDependencies, optionalDependencies }] of entries)
      for (const each of Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies }))
        visit(each);
  };
  for (const name of names) visit(name);
  return found;
}
