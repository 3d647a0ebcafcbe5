// The arrows of the package graph: who may import whom. Tests may import any workspace package.
const arrows = {
  registry: [],
  platform: ['registry'],
  testing: ['registry'],
  core: ['registry'],
  masks: ['registry', 'core'],
  hypernet: ['registry', 'core'],
  'backend-wasm': ['registry', 'core'],
  'backend-node-gpu': ['registry', 'core'],
  'backend-webgpu': ['registry', 'core'],
  datasets: ['registry', 'platform'],
  models: ['registry', 'core', 'masks', 'hypernet'],
  train: ['registry', 'core', 'models', 'datasets', 'platform'],
  fewshot: ['registry', 'core', 'models', 'datasets', 'train', 'platform'],
  report: ['registry'],
  export: ['registry', 'platform'],
};

const test = ['[.](?:test|fixture)[.]ts$', '/src/test/'];
const anyOf = (names) => `(?:${names.join('|')})`;
const knowsItsPlatform = '^(?:apps/|packages/(?:platform|backend-[^/]+)/)';

const onlyAllowedPackages = Object.entries(arrows).map(([name, allowed]) => ({
  name: `arrow-${name}`,
  comment: `${name} imports ${allowed.length ? allowed.join(', ') : 'no package of ours'}`,
  severity: 'error',
  from: { path: `^packages/${name}/src/`, pathNot: test },
  to: { path: '^(?:packages|apps)/', pathNot: `^packages/${anyOf([name, ...allowed])}/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...onlyAllowedPackages,
    {
      name: 'package-in-table',
      comment: 'a package missing from the table above has no arrows yet: add it',
      severity: 'error',
      from: { path: '^packages/', pathNot: `^packages/${anyOf(Object.keys(arrows))}/` },
      to: {},
    },
    {
      name: 'apps-are-leaves',
      comment: 'nothing imports an app, and an app imports no other app',
      severity: 'error',
      from: { path: '^(packages|apps)/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^$1/$2/' },
    },
    {
      name: 'examples-are-strangers',
      comment: 'an example uses packages as anyone does, and nothing here imports it',
      severity: 'error',
      from: { path: '^(?:packages|apps|tools)/' },
      to: { path: '^examples/' },
    },
    {
      name: 'through-the-front-door',
      comment: 'another package is imported by its name, never by a relative path',
      severity: 'error',
      from: { path: '^(packages|apps|examples)/([^/]+)/' },
      to: { path: '^(?:packages|apps)/', pathNot: '^$1/$2/', dependencyTypes: ['local'] },
    },
    {
      name: 'node-built-ins',
      comment: 'only platform, backend-* and apps know Node',
      severity: 'error',
      from: { path: '^packages/', pathNot: [knowsItsPlatform, ...test] },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'no-circular', comment: 'no import cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-test-in-source',
      comment: 'source imports no test',
      severity: 'error',
      from: { pathNot: test },
      to: { path: test },
    },
    {
      name: 'declared',
      comment: 'what source imports stands in its own package.json (dependency or peer dependency)',
      severity: 'error',
      from: { path: '^(?:packages|apps|examples)/[^/]+/src/', pathNot: test },
      to: {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'],
        dependencyTypesNot: ['npm', 'npm-peer'],
        pathNot: '^node_modules/@types/',
      },
    },
    {
      name: 'resolvable',
      comment: 'every import leads to a file',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.base.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(?:packages|apps|examples)/[^/]+/(?:bin|dist|node_modules)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@neusim/source', 'import', 'node', 'default'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
