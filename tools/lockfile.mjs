// The lockfile installs anywhere: it names no registry host, and it holds every platform's build of the native tools
// (npm drops those that the registry of the moment does not have, and then `npm ci` refuses the lockfile).
import { join } from 'node:path';
import { readJson, root } from './shell.mjs';

const { packages } = readJson(join(root, 'package-lock.json'));

const hosts = Object.entries(packages)
  .filter(([, entry]) => entry.resolved?.includes('://'))
  .map(([path]) => `${path} names a registry host: see omit-lockfile-registry-resolved in .npmrc`);

const missing = Object.entries(packages).flatMap(([path, entry]) =>
  Object.keys(entry.optionalDependencies ?? {})
    .filter((name) => !isHeld(path, name))
    .map((name) => `${path} lacks ${name}: choose a version of it that the registry has for all platforms`),
);

function isHeld(from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    if (packages[join(folder, 'node_modules', name)]) return true;
    if (folder === '') return false;
  }
}

for (const problem of [...hosts, ...missing]) console.log(problem);
process.exitCode = hosts.length + missing.length > 0 ? 1 : 0;
