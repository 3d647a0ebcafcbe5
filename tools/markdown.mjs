// Finds the TypeScript blocks of the documents.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './shell.mjs';
import { workspaces } from './workspaces.mjs';

/**
 * The ```ts blocks of the given documents (default: all): `{ path, line, code, onlyTypes }`. `code` is preceded by
 * as many empty lines as the document has before it, so that its line numbers are the document's.
 */
export function tsBlocks(paths) {
  const chosen = paths.length > 0 ? paths.flatMap(documentsIn) : everyDocument();
  return chosen.flatMap((path) => blocksOf(path, readFileSync(join(root, path), 'utf8')));
}

/** The READMEs that a package should have, with an example, and has not. */
export const packagesWithoutExample = (blocks) =>
  workspaces()
    .filter(({ json }) => !json.private && json.exports)
    .map(({ folder }) => `${folder}/README.md`)
    .filter((readme) => !blocks.some(({ path }) => path === readme));

const everyDocument = () => [
  ...['README.md', 'CONTRIBUTING.md', 'docs'].flatMap(documentsIn),
  ...workspaces().flatMap(({ folder }) => documentsIn(`${folder}/README.md`)),
];

function documentsIn(path) {
  if (!existsSync(join(root, path))) return [];
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path), { recursive: true })
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
    .sort()
    .map((name) => join(path, name));
}

function blocksOf(path, text) {
  const blocks = [];
  let open;
  text.split(/\r?\n/).forEach((content, index) => {
    const fence = /^\s*```\s*(.*)$/.exec(content)?.[1];
    if (open) {
      if (fence === undefined) open.lines.push(content);
      else {
        if (open.isTs) blocks.push(finish(path, open));
        open = undefined;
      }
    } else if (fence !== undefined) {
      const [language, ...flags] = fence.trim().split(/\s+/);
      open = { isTs: language === 'ts', onlyTypes: flags.includes('no-run'), line: index + 1, lines: [] };
    }
  });
  return blocks;
}

const finish = (path, { line, lines, onlyTypes }) => ({
  path,
  line,
  onlyTypes,
  code: '\n'.repeat(line) + lines.join('\n'),
});
