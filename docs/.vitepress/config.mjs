// The site of docs/. Nothing is fetched from elsewhere: the fonts are the system's, the search is in the page.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { siteLinks } from '../../tools/docs/pages.mjs';
import { fileNames } from './file-names.mjs';

const docs = dirname(dirname(fileURLToPath(import.meta.url)));

/** The first heading of a page. */
const titleOf = (path) =>
  /^# (.+)$/m.exec(readFileSync(join(docs, path), 'utf8'))?.[1].replaceAll('`', '') ?? path;

const page = (path, text = titleOf(path)) => ({ text, link: `/${path.replace(/(^|\/)index\.md$/, '$1')}` });

const pagesIn = (folder) =>
  existsSync(join(docs, folder))
    ? readdirSync(join(docs, folder))
        .filter((name) => name.endsWith('.md') && name !== 'index.md')
        .sort()
        .map((name) => page(`${folder}/${name}`))
    : [];

const group = (text, items, collapsed) => ({ text, items, collapsed });

const reference = () => {
  const path = join(docs, 'reference/typedoc-sidebar.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [];
};

const named = (folder, names) => names.map((name) => page(`${folder}/${name}.md`));

const sidebar = [
  group('Start', named('guide', ['getting-started', 'browser', 'command-line', 'coming-from'])),
  group('Concepts', [
    page('concepts/index.md'),
    ...named('concepts', [
      'every-part',
      'static-dynamic',
      'structures',
      'responses',
      'predictors',
      'shapes',
      'folding',
      'engines',
      'reproducibility',
      'registry',
      'seam',
    ]),
  ]),
  group('Tutorials', tutorials()),
  group('Help', [page('faq.md'), page('errors.md')]),
  group('Packages', pagesIn('packages'), true),
  group('Reference', [page('reference/index.md'), ...reference()], true),
  group(
    'Project',
    [
      page('features.md'),
      page('contracts.md'),
      page('benchmarks.md'),
      page('benchmarks-operators.md'),
      page('results.md'),
      page('reliability.md'),
      page('sizes.md'),
      page('exclusions.md'),
      page('contributing.md'),
    ],
    true,
  ),
  group('Decisions', pagesIn('decisions'), true),
];

// In the order of the list on their own page.
function tutorials() {
  const text = readFileSync(join(docs, 'tutorials/index.md'), 'utf8');
  const listed = [...text.matchAll(/\]\(\.?\/?([\w-]+\.md)\)/g)].map(([, name]) => name);
  return [page('tutorials/index.md'), ...[...new Set(listed)].map((name) => page(`tutorials/${name}`))];
}

export default defineConfig({
  title: 'NeuSim',
  description: 'Convolutions that learn how they compare: neural similarity learning for TensorFlow.js',
  cleanUrls: false,
  lastUpdated: false,
  // Served from any folder of any server: NEUSIM_DOCS_BASE=/docs/ npm run docs.
  base: process.env.NEUSIM_DOCS_BASE ?? '/',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  markdown: { config: fileNames },
  vite: {
    plugins: [
      {
        name: 'site-links',
        enforce: 'pre',
        // Links to READMEs and to files of the source, as they stand in the repository's documents.
        transform: (code, id) =>
          id.endsWith('.md') && id.startsWith(docs)
            ? siteLinks(code, `docs/${relative(docs, id)}`)
            : undefined,
      },
    ],
    build: { chunkSizeWarningLimit: 2000 },
  },
  themeConfig: {
    nav: [
      { text: 'Start', link: '/guide/getting-started' },
      { text: 'Concepts', link: '/concepts/' },
      { text: 'Tutorials', link: '/tutorials/' },
      { text: 'Reference', link: '/reference/' },
      { text: 'FAQ', link: '/faq' },
    ],
    sidebar,
    outline: { level: [2, 3] },
    search: { provider: 'local' },
    docFooter: { prev: 'Before', next: 'Next' },
  },
});
