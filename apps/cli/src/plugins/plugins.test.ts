// Plug-ins that a config or --plugin names: where they are looked for, what is told of one that cannot be used, and a
// run with one from its config to its report.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { buildWorker } from '../test/build-worker';
import { packageJson, pluginSource, projectFolder } from '../test/plugin-files';
import { neusim, temporaryFolder } from '../test/terminal';
import { resolvePlugin, specifierFrom } from './resolve-plugin';

const worker = vi.hoisted((): { url: URL | undefined } => ({ url: undefined }));
vi.mock('../run/worker-url', () => ({
  get trainWorkerUrl() {
    return worker.url;
  },
}));

const config = (plugins: readonly string[], more: object = {}) =>
  JSON.stringify({
    plugins,
    dataset: 'lamps',
    model: { name: 'nsn-digits', widths: [4], similarity: 'scaled', shape: 'left-column' },
    steps: 6,
    batchSize: 8,
    checkpoint: { every: 3, seconds: 0 },
    ...more,
  });
const read = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));
const listed = async (...argv: string[]) => JSON.parse((await neusim(['list', ...argv, '--json'])).out);

describe('a run with a plug-in of its own', () => {
  test('trains, folds and reports; its folder goes on with it, moved along with the plug-in', async () => {
    const files = { 'mine/plugin.mjs': pluginSource(), 'mine/config.json': config(['./plugin.mjs']) };
    const folder = projectFolder(files);
    const out = join(folder, 'runs/one');
    const told = await neusim(['train', join(folder, 'mine/config.json'), '--out', out]);
    expect(told).toMatchObject({ code: 0 });
    expect(told.err.split('\n')[0]).toMatch(/^Plug-in \.\/plugin\.mjs .*from .*mine\/plugin\.mjs$/);
    expect(read(out, 'config.json').plugins).toEqual(['../../mine/plugin.mjs']);
    const [row] = read(out, 'results.json').rows;
    expect(row).toMatchObject({ similarity: 'scaled', shape: 'left-column' });
    expect(row.foldDifference).toBeLessThan(1e-5);
    const saved = readFileSync(join(out, 'model/model.json'), 'utf8');
    expect(saved).toContain(String.raw`\"version\":\"1.2.0\",\"options\":{},\"plugin\":\"theirs@2.0.1\"`);

    const moved = projectFolder({});
    for (const each of ['mine', 'runs']) renameSync(join(folder, each), join(moved, each));
    const there = join(moved, 'runs/one');
    const again = await neusim(['train', join(there, 'config.json'), '--out', there, '--resume']);
    expect(again).toMatchObject({ code: 0, err: expect.stringContaining(join(moved, 'mine/plugin.mjs')) });
  });

  test('--plugin beside a preset; without it, the hint of its saved model names it', async () => {
    const folder = projectFolder({ 'plugin.mjs': pluginSource() });
    const out = join(folder, 'run');
    const set = ['dataset=lamps', 'steps=2', 'batchSize=8', 'schedule.warmup=0', 'model.widths=[4]'];
    const sets = [...set, 'model.similarity=scaled'].flatMap((each) => ['--set', each]);
    const plugin = join(folder, 'plugin.mjs');
    const argv = ['train', 'nsn-digits', ...sets, '--out', out, '--plugin', plugin, '--plugin', plugin];
    expect(await neusim(argv)).toMatchObject({ code: 0 });
    expect(read(out, 'config.json').plugins).toEqual(['../plugin.mjs']);
    writeFileSync(join(out, 'config.json'), JSON.stringify({ ...read(out, 'config.json'), plugins: [] }));
    const without = await neusim(['train', join(out, 'config.json'), '--out', out, '--resume']);
    expect(without).toMatchObject({ code: 2, err: expect.stringContaining('"lamps" is no dataset') });
  });

  describe('with --workers 2', () => {
    beforeAll(async () => {
      worker.url = await buildWorker();
    });

    test('every worker loads it', async () => {
      const folder = projectFolder({ 'plugin.mjs': pluginSource(), 'config.json': config(['./plugin.mjs']) });
      const path = join(folder, 'config.json');
      const told = await neusim(['train', path, '--workers', '2', '--out', join(folder, 'run')]);
      expect(told).toMatchObject({ code: 0, err: expect.stringContaining('2 workers share each batch') });
    });

    test('those of compare load it too, and its command to go on names it', async () => {
      const folder = projectFolder({ 'plugin.mjs': pluginSource(), 'config.json': config([]) });
      const plugin = join(folder, 'plugin.mjs');
      const out = join(folder, 'runs');
      const argv = ['compare', join(folder, 'config.json'), '--plugin', plugin, '--workers', '2'];
      const told = await neusim([...argv, '--seeds', '1', '--out', out]);
      expect(told).toMatchObject({ code: 0, err: expect.stringContaining('2 workers share each batch') });
      expect(read(out, 'report.json').command).toContain(`--plugin ${plugin}`);
    });
  });
});

describe('where it is looked for', () => {
  const theirs = (name = 'neusim-plugin-theirs', version = '2.0.1') => ({
    [`node_modules/${name}/package.json`]: packageJson(name, version),
    [`node_modules/${name}/index.js`]: pluginSource(),
  });

  test('a package, from the folder of the config upwards; the run keeps its name where that leads to it', async () => {
    const folder = projectFolder({
      ...theirs(),
      'configs/a.json': config(['neusim-plugin-theirs'], { steps: 1 }),
    });
    const inside = join(folder, 'runs/a');
    const told = await neusim(['train', join(folder, 'configs/a.json'), '--out', inside]);
    expect(told).toMatchObject({
      code: 0,
      err: expect.stringContaining('Plug-in neusim-plugin-theirs 2.0.1 from '),
    });
    expect(read(inside, 'config.json').plugins).toEqual(['neusim-plugin-theirs']);

    const file = resolvePlugin('neusim-plugin-theirs', folder);
    const elsewhere = temporaryFolder();
    const saved = specifierFrom(join(elsewhere, 'not/yet/there'), file);
    expect(saved).toMatch(/^(\.\.\/)+.*node_modules\/neusim-plugin-theirs\/index\.js$/);
    mkdirSync(join(elsewhere, 'not/yet/there'), { recursive: true });
    expect(resolvePlugin(saved, join(elsewhere, 'not/yet/there')).path).toBe(file.path);
  });

  test('a scope, a path that a package exports, one without exports, and conditions in their order', () => {
    const exports = {
      '.': [{ require: './no.cjs' }, './index.js'],
      './more': { browser: './no.js', node: { import: './more.js' }, default: './no.js' },
      './outside': '../other/index.js',
    };
    const folder = projectFolder({
      'node_modules/@a/b/package.json': JSON.stringify({ name: '@a/b', version: '1.0.0', exports }),
      'node_modules/@a/b/index.js': '',
      'node_modules/@a/b/more.js': '',
      'node_modules/other/package.json': JSON.stringify({ name: 'other', main: 'lib/main.js' }),
      'node_modules/other/index.js': '',
      'node_modules/other/lib/main.js': '',
    });
    const paths = ['@a/b', '@a/b/more', 'other', 'other/index.js'].map(
      (name) => resolvePlugin(name, folder).path,
    );
    expect(paths.map((path) => path.slice(folder.length + 1))).toEqual([
      'node_modules/@a/b/index.js',
      'node_modules/@a/b/more.js',
      'node_modules/other/lib/main.js',
      'node_modules/other/index.js',
    ]);
    for (const name of ['@a/b/less', '@a/b/outside', 'other/none.js'])
      expect(() => resolvePlugin(name, folder)).toThrow(
        expect.objectContaining({ code: 'PLUGIN_NOT_FOUND' }),
      );
  });

  test('list, with its plug-ins', async () => {
    const folder = projectFolder({ 'plugin.mjs': pluginSource() });
    const rows = await listed('similarity', '--plugin', join(folder, 'plugin.mjs'));
    expect(rows.at(-1)).toMatchObject({ name: 'scaled', version: '1.2.0', plugin: 'theirs' });
    expect((await listed('similarity')).map(({ name }: { name: string }) => name)).not.toContain('scaled');
  });
});

describe('one that cannot be used: exit code 2, a code and a hint, nothing written', () => {
  test.each([
    ['neusim-plugin-absent', 'PLUGIN_NOT_FOUND', /hint: npm install neusim-plugin-absent;/],
    ['./absent.mjs', 'PLUGIN_NOT_FOUND', /absent\.mjs is no file/],
    ['http://example.org/x.mjs', 'PLUGIN_BAD_NAME', /names no plug-in/],
    ['data:text/javascript,0', 'PLUGIN_BAD_NAME', /names no plug-in/],
    ['file://elsewhere/x.mjs', 'PLUGIN_BAD_NAME', /names no file/],
    ['file:///%2f/x.mjs', 'PLUGIN_BAD_NAME', /names no file/],
    ['./a.mjs\u0000', 'PLUGIN_BAD_NAME', /names no file/],
    ['broken', 'PLUGIN_BAD_PACKAGE', /broken.package\.json is no JSON object/],
    ['null', 'PLUGIN_BAD_PACKAGE', /null.package\.json is no JSON object/],
    ['./throws.mjs', 'PLUGIN_FAILED', /cause: at once/],
    ['./lacks.mjs', 'PLUGIN_FAILED', /hint: npm install not-there-at-all, in/],
    ['./syntax.mjs', 'PLUGIN_FAILED', /cause: /],
    ['./named.mjs', 'PLUGIN_INVALID', /default export of .*named\.mjs is missing/],
    ['./object.mjs', 'PLUGIN_INVALID', /an object without name, version and definitions/],
    ['./empty.mjs', 'PLUGIN_INVALID', /an empty list/],
    ['./core.mjs', 'REGISTRY_PLUGIN_TWICE', /@neusim\/core is passed twice \(0\.1\.0, 2\.0\.1\)/],
    ['./taken.mjs', 'REGISTRY_NAME_TAKEN', /similarity:static-uns of theirs is taken by @neusim\/core/],
    ['./requires.mjs', 'REGISTRY_VERSION', /@neusim\/core is version 0\.1\.0, not 7, which shape:x requires/],
  ])('%s: %s', async (specifier, code, message) => {
    const requires = "[{ kind: 'shape', name: 'x', version: '1.0.0', requires: ['@neusim/core@7'] }]";
    const folder = projectFolder({
      'node_modules/broken/package.json': '{ "main": ',
      'node_modules/null/package.json': 'null',
      'throws.mjs': "throw new Error('at once');",
      'lacks.mjs': "import 'not-there-at-all';",
      'syntax.mjs': 'export default {{',
      'named.mjs': 'export const plugin = {};',
      'object.mjs': "export default { name: 'mine' };",
      'empty.mjs': 'export default [];',
      'core.mjs': pluginSource({ name: '@neusim/core' }),
      'taken.mjs': pluginSource({ similarity: 'static-uns' }),
      'requires.mjs': `export default { name: 'r', version: '1.0.0', definitions: ${requires} };`,
      'config.json': config([specifier]),
    });
    const out = join(folder, 'run');
    const told = await neusim(['train', join(folder, 'config.json'), '--out', out]);
    expect(told).toMatchObject({ code: 2, out: '', err: expect.stringMatching(message) });
    expect(told.err).toContain(`[${code}]`);
    expect(told.err).toContain('hint: ');
    expect(existsSync(out)).toBe(false);
  });

  test('a list of plug-ins is one, and a module may give several', async () => {
    const folder = projectFolder({
      'one.mjs': pluginSource(),
      'both.mjs': `import one from './one.mjs';\nexport default [one, { name: 'none', version: '1.0.0', definitions: [] }];`,
    });
    expect((await listed('shape', '--plugin', join(folder, 'both.mjs'))).at(-1).name).toBe('left-column');
  });
});
