// That three packages are enough: `registry`, `core` and `backend-wasm`, packed as they would be published and installed
// in an empty project with tfjs from npm, train, save, load and fold a layer: by `import`, by `require`, under TypeScript,
// and in a page that Vite builds. No other package of ours comes along, and nothing that is not tfjs's.
//   node tools/prove-packages.mjs            checks
//   node tools/prove-packages.mjs --write    and writes docs/sizes.md
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closure, installInto, nameAt, pack } from './pack.mjs';
import { runPage } from './prove-packages/run-page.mjs';
import { bundleSizes, sizesPage } from './prove-packages/sizes.mjs';
import { build, seconds } from './setup.mjs';
import { bin, quiet, readJson, root } from './shell.mjs';

const ours = ['@neusim/registry', '@neusim/core', '@neusim/backend-wasm'];
const tfjs = ['core', 'layers', 'backend-wasm'].map((name) => `@tensorflow/tfjs-${name}`);
/** The one library that they share. */
const expected = [...ours, 'valibot'];

const failedBuild = await build('@neusim/backend-wasm');
if (failedBuild) process.exit(failedBuild);
const started = Date.now();
const folder = mkdtempSync(join(tmpdir(), 'neusim-packages-'));
const failures = [];
const check = (what, ok, detail = '') => {
  console.log(`${ok ? '✓' : '✗'} ${what}${detail && ` (${detail})`}`);
  if (!ok) failures.push(what);
};

try {
  const packed = await pack(ours, folder);
  const project = join(folder, 'project');
  const fileOf = Object.fromEntries(packed.map(({ name, filename }) => [name, `file:../${filename}`]));
  const lock = readJson(join(root, 'package-lock.json')).packages;
  const versions = Object.fromEntries(tfjs.map((name) => [name, lock[`node_modules/${name}`].version]));
  const packages = await installInto(project, { ...fileOf, ...versions });
  check('three tarballs install in an empty project', true, seconds(started));
  checkWhatCame(packages);
  cpSync(join(root, 'tools/prove-packages'), project, { recursive: true });

  checkTrained('import', await script(project, 'esm.mjs'));
  checkTrained('require', await script(project, 'commonjs.cjs'));
  await checkTypes(project);
  const page = await runPage(project);
  if (page.missing) console.log(`– a page is left out: ${page.missing}`);
  else checkTrained(`a page that Vite built, in ${page.browser}`, page.found);

  const text = sizesPage(packed, await bundleSizes(project));
  if (process.argv.includes('--write')) writeFileSync(join(root, 'docs/sizes.md'), text);
  console.log(failures.length === 0 ? `Passed in ${seconds(started)}.` : `${failures.length} failed.`);
  process.exitCode = failures.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** What belongs neither to tfjs nor to these packages has no business here. */
function checkWhatCame(packages) {
  const paths = Object.keys(packages).filter((path) => path !== '');
  const names = paths.map(nameAt);
  const theirs = closure(packages, tfjs);
  const strangers = names.filter((name) => !theirs.has(name) && !expected.includes(name));
  check(
    'nothing else came along',
    strangers.length === 0,
    strangers.join(', ') || `${names.length} packages`,
  );
  const twice = names.filter((name, at) => name.startsWith('@tensorflow/') && names.indexOf(name) !== at);
  check('one copy of tfjs', twice.length === 0, twice.join(', '));
}

async function script(cwd, file) {
  const { code, output, stdout } = await quiet([file], { cwd, timeout: 60_000 });
  return code === 0 ? JSON.parse(stdout.trim().split('\n').at(-1)) : { error: output };
}

function checkTrained(how, { error, engine, first, last, saved, folded, layers = [] }) {
  if (error) return check(`${how}: trains a layer`, false, `\n${error}`);
  check(
    `${how}: the loss falls on ${engine}`,
    engine === 'wasm' && last < 0.8 * first,
    `${first.toFixed(3)} to ${last.toFixed(3)}`,
  );
  check(`${how}: saved and loaded, it gives the same`, saved === 0, `${saved}`);
  check(
    `${how}: folded into a plain convolution, it gives the same`,
    folded < 1e-5 && layers.includes('Conv2D'),
    `${folded.toExponential(1)}`,
  );
}

async function checkTypes(cwd) {
  for (const [module, moduleResolution] of [
    ['NodeNext', 'NodeNext'],
    ['ESNext', 'Bundler'],
  ]) {
    const options = ['--strict', '--noEmit', '--skipLibCheck', '--target', 'ES2022', '--lib', 'ES2022,DOM'];
    const how = ['--module', module, '--moduleResolution', moduleResolution];
    // A file beside a package.json of type module is one; the project's says so.
    const { code, output } = await quiet([bin('typescript', 'tsc'), ...options, ...how, 'consumer.ts'], {
      cwd,
    });
    check(`TypeScript, ${moduleResolution}`, code === 0, output.trim());
  }
}
