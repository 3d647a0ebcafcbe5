// The pages of the site that are not written in docs/: the READMEs of the packages and apps, CONTRIBUTING.md and
// FEATURES.md, copied with their links turned into the site's, and the table of error codes.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { generatedDocuments } from '../markdown.mjs';
import { root } from '../shell.mjs';
import { workspaces } from '../workspaces.mjs';
import { errorPage } from './error-page.mjs';

/** Page by file: `packages/core/README.md` is `packages/core.md` of the site. */
export const pageOf = new Map([
  ...workspaces().map(({ folder }) => [`${folder}/README.md`, `packages/${folder.split('/').at(-1)}.md`]),
  ['CONTRIBUTING.md', 'contributing.md'],
  ['FEATURES.md', 'features.md'],
]);

/** Writes the pages; gives what is wrong with them, a line each. */
export function writePages() {
  for (const name of generatedDocuments) rmSync(join(root, 'docs', name), { recursive: true, force: true });
  for (const [path, page] of pageOf) {
    const text = readFileSync(join(root, path), 'utf8');
    write(page, `---\neditLink: false\n---\n\n${siteLinks(text, path)}`);
  }
  const { text, wrong } = errorPage();
  write('errors.md', text);
  return wrong;
}

function write(page, text) {
  const path = join(root, 'docs', page);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/**
 * The links of a document in the repository, turned into the site's. What the site does not have, a file of the source,
 * is named in place of linked.
 */
export function siteLinks(text, path) {
  return text.replaceAll(/\[([^\]\n]*)\]\(([^)\s]+)\)/g, (whole, label, target) => {
    if (/^([a-z]+:|#|\/)/.test(target)) return whole;
    const [file, hash] = target.split('#');
    const named = posix.normalize(posix.join(posix.dirname(path), file));
    const page = named === 'README.md' ? 'index.md' : (pageOf.get(named) ?? inDocs(named));
    // GitHub keeps every dash of a heading, the site one of several.
    const anchor = hash ? `#${hash.replaceAll(/-+/g, '-')}` : '';
    return page ? `[${label}](/${page}${anchor})` : `${label} (\`${named}\`)`;
  });
}

const inDocs = (path) => (/^docs\/.*\.md$/.test(path) ? path.slice('docs/'.length) : undefined);
