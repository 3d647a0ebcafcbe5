// Finds the code blocks of the documents. A block's info string is its language, a file name where it has one, and flags:
// ```ts my.mjs no-run
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './shell.mjs';
import { workspaces } from './workspaces.mjs';

/** What `npm run docs` writes into docs/: copies of documents, and what is made from the source. */
export const generatedDocuments = ['packages', 'reference', 'contributing.md', 'features.md', 'errors.md'];

/** The documents that are written by hand: those named, or all. */
export const documents = (paths = []) => (paths.length > 0 ? paths.flatMap(documentsIn) : everyDocument());

/**
 * The code blocks of the given documents (default: all): `{ path, line, language, name, code, skip }`; `skip` is the flag
 * `no-run`. The code of a ```ts or ```js block is preceded by as many empty lines as the document has before it, so that its line
 * numbers are the document's.
 */
export const codeBlocks = (paths) =>
  documents(paths).flatMap((path) => blocksOf(path, readFileSync(join(root, path), 'utf8')));

/** The READMEs that a package should have, with an example, and has not. */
export const packagesWithoutExample = (blocks) =>
  workspaces()
    .filter(({ json }) => !json.private && json.exports)
    .map(({ folder }) => `${folder}/README.md`)
    .filter((readme) => !blocks.some(({ path }) => path === readme));

/** What a package's example imports, or starts, and its `npm install` line does not name. */
export const missingFromInstall = (blocks) =>
  workspaces()
    .filter(({ json }) => !json.private && json.exports)
    .flatMap(({ folder }) => {
      const path = `${folder}/README.md`;
      const code = blocks.filter((block) => block.path === path).map((block) => block.code);
      if (code.length === 0) return [];
      const text = readFileSync(join(root, path), 'utf8').replaceAll('\\\n', ' ');
      const installed = [...text.matchAll(/^npm install (.*)$/gm)].flatMap(([, names]) =>
        names.trim().split(/\s+/),
      );
      const wanted = code.flatMap((each) => [
        ...[...each.matchAll(/^(?:import|\} from)[^']*'([^'.][^']*)'/gm)].map(([, name]) => packageOf(name)),
        ...(/startBackend\(\w+, 'cpu'\)/.test(each) ? ['@tensorflow/tfjs-backend-cpu'] : []),
      ]);
      return [...new Set(wanted)]
        .filter((name) => !name.startsWith('node:') && !installed.includes(name))
        .map((name) => `${path}: the example needs ${name}, which its npm install line does not name`);
    });

const everyDocument = () => [
  ...['README.md', 'CONTRIBUTING.md', 'docs'].flatMap(documentsIn),
  ...workspaces().flatMap(({ folder }) => documentsIn(`${folder}/README.md`)),
];

function documentsIn(path) {
  if (!existsSync(join(root, path))) return [];
  if (!statSync(join(root, path)).isDirectory()) return [path];
  const left = generatedDocuments.map((name) => join('docs', name));
  return readdirSync(join(root, path), { recursive: true })
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules') && !name.startsWith('.'))
    .sort()
    .map((name) => join(path, name))
    .filter((name) => !left.some((each) => name === each || name.startsWith(`${each}/`)));
}

function blocksOf(path, text) {
  const blocks = [];
  let open;
  text.split(/\r?\n/).forEach((content, index) => {
    const fence = /^\s*```\s*(.*)$/.exec(content)?.[1];
    if (open) {
      if (fence === undefined) open.lines.push(content);
      else {
        blocks.push(finish(path, open));
        open = undefined;
      }
    } else if (fence !== undefined) {
      const [language, ...words] = fence.trim().split(/\s+/);
      const name = words.find((word) => word.includes('.'));
      open = { language, name, skip: words.includes('no-run'), line: index + 1, lines: [] };
    }
  });
  return blocks;
}

const finish = (path, { lines, ...block }) => ({
  path,
  ...block,
  code:
    (block.language === 'ts' || block.language === 'js' ? '\n'.repeat(block.line) : '') + lines.join('\n'),
});

/** Without the entry: `@neusim/datasets` of `@neusim/datasets/pull`. */
function packageOf(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
