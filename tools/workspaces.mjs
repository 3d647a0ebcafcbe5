// The folders of the monorepo that have a package.json.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, root } from './shell.mjs';

/** `[{ folder: 'packages/core', json }]`, by folder name. */
export const workspaces = () =>
  ['packages', 'apps', 'examples']
    .flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`))
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => ({ folder, json: readJson(join(root, folder, 'package.json')) }));
