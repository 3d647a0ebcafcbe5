// That a stranger's plug-in works: examples/plugin-ring and the packages are packed as they would be published, and
// installed in an empty project. There `npx neusim` trains two networks of the plug-in's parts on its data set, on two
// workers too, goes on with a run from its folder, folds, and says what is missing once the plug-in is gone.
//   node tools/prove-plugin.mjs
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installInto, pack } from './pack.mjs';
import { build, seconds } from './setup.mjs';
import { quiet, readJson, root } from './shell.mjs';
import { workspaces } from './workspaces.mjs';

const PLUGIN = 'neusim-plugin-ring';

const failedBuild = await build();
if (failedBuild) process.exit(failedBuild);
const started = Date.now();
// On some systems the folder for temporary files is a link; a run's config names files by where they really are.
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'neusim-plugin-')));
const project = join(folder, 'project');
let failed = 0;
const check = (what, ok, detail = '') => {
  console.log(`${ok ? '✓' : '✗'} ${what}${ok ? '' : `\n${detail}`}`);
  if (!ok) failed += 1;
};

try {
  const names = workspaces()
    .filter(({ json }) => !json.private || json.name === PLUGIN)
    .map(({ json }) => json.name);
  const fileOf = (await pack(names, folder)).map(({ name, filename }) => [name, `file:../${filename}`]);
  const tfjs = ['core', 'layers', 'backend-cpu', 'backend-wasm'].map((name) => `@tensorflow/tfjs-${name}`);
  const lock = readJson(join(root, 'package-lock.json')).packages;
  const versions = tfjs.map((name) => [name, lock[`node_modules/${name}`].version]);
  const packages = await installInto(project, Object.fromEntries([...fileOf, ...versions]), {
    type: 'module',
  });
  const copies = Object.keys(packages).filter((path) => /(?:^|\/)@neusim\/core$|tfjs-core$/.test(path));
  check(
    `the plug-in and the packages install in an empty project (${seconds(started)})`,
    copies.length === 2,
    copies.join(', '),
  );

  const example = join(root, 'examples/plugin-ring');
  cpSync(join(example, 'test'), join(project, 'test'), { recursive: true });
  cpSync(join(example, 'config.json'), join(project, 'configs/rings.json'));
  await runs("the plug-in's own test", ['--test', 'test/plugin.test.js']);

  const config = ['train', 'configs/rings.json', '--set', 'steps=100', '--set', 'schedule.warmup=10'];
  await neusim('static-toeplitz in a ring, on two workers', [
    ...config,
    '--workers',
    '2',
    '--out',
    'runs/static',
  ]);
  checkRun('runs/static', { similarity: 'static-toeplitz', shape: 'ring', predictor: null });
  const dynamic = ['similarity=dynamic-uns', 'predictor=global-pool', 'shape=full'].flatMap((each) => [
    '--set',
    `model.${each}`,
  ]);
  await neusim('an M for each image by global-pool', [...config, ...dynamic, '--out', 'runs/dynamic']);
  checkRun('runs/dynamic', { similarity: 'dynamic-uns', shape: 'full', predictor: 'global-pool' });
  await neusim('the run goes on from its folder', [
    'train',
    'runs/static/config.json',
    '--out',
    'runs/static',
    '--resume',
  ]);
  await neusim(
    'it is listed',
    ['list', 'predictor', '--plugin', PLUGIN],
    new RegExp(`global-pool .*${PLUGIN}`),
  );

  rmSync(join(project, 'node_modules', PLUGIN), { recursive: true });
  const gone = await command(['train', 'runs/static/config.json', '--out', 'runs/static', '--resume']);
  const hint = `hint: npm install ${PLUGIN}`;
  check(
    'without it, the run says what to install',
    gone.code === 2 && gone.output.includes(hint),
    gone.output,
  );
  const load = `import core, { loadModel } from '@neusim/core';
    import masks from '@neusim/masks';
    import { createRegistry } from '@neusim/registry';
    import { modelFile } from '@neusim/platform';
    await loadModel(createRegistry(core, masks), modelFile('runs/static/model')).catch(({ code, hint }) => console.log(code, hint));`;
  const told = await quiet(['--input-type=module', '--eval', load], { cwd: project });
  check(
    'and so does its model',
    told.output.includes(`REGISTRY_UNKNOWN_NAME npm install ${PLUGIN}@`),
    told.output,
  );
  console.log(failed === 0 ? `Passed in ${seconds(started)}.` : `${failed} failed.`);
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function command(args) {
  return quiet([join(project, 'node_modules/neusim/bin/neusim.js'), ...args], { cwd: project });
}

async function runs(what, args) {
  const { code, output } = await quiet(args, { cwd: project });
  check(what, code === 0, output);
}

async function neusim(what, args, wanted = /./) {
  const { code, output } = await command(args);
  check(what, code === 0 && wanted.test(output), output);
}

/** What a run has left: its parts, an error below chance, and the folded model where there is one. */
function checkRun(out, parts) {
  const path = join(project, out, 'results.json');
  const [row] = existsSync(path) ? readJson(path).rows : [{}];
  const asWanted = Object.entries(parts).every(([key, value]) => row[key] === value);
  const folds = parts.predictor ? row.foldDifference === null : row.foldDifference < 1e-5;
  check(
    `${out}: ${row.testError} % test error where chance is 75 %, folded ${row.foldDifference}`,
    asWanted && folds && row.testError < 60,
    JSON.stringify(row),
  );
  const { plugins } = readJson(join(project, out, 'config.json'));
  check(
    `${out}: the plug-in keeps its name in the run's config`,
    String(plugins) === PLUGIN,
    String(plugins),
  );
  const model = readFileSync(join(project, out, 'model/model.json'), 'utf8');
  check(`${out}: the model says which plug-in it needs`, model.includes(`${PLUGIN}@`), '');
}
