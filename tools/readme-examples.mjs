// The code of the documents is type-checked against the built packages, then run, two documents at a time.
// - Every ```ts block of the READMEs, CONTRIBUTING.md and docs/ is a program of its own, in an empty folder.
// - A page of docs/tutorials is one session, from top to bottom in one folder: its ```js and ```ts blocks, and its ```sh
//   blocks, in which `npx neusim` is the command line as built here. ```js is not type-checked. A block with a file name is
//   kept under it, whatever its language.
// Blocks with the flag no-run are only type-checked (and kept).
//   node tools/readme-examples.mjs [file or folder ...]
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { transformSync } from 'esbuild';
import ts from 'typescript';
import { codeBlocks, missingFromInstall, packagesWithoutExample } from './markdown.mjs';
import { seconds } from './setup.mjs';
import { quiet, root, runShell } from './shell.mjs';

const atOnce = 2;
const limitSeconds = 180;
const folder = join(root, 'node_modules/.cache/neusim/examples');
const commands = join(folder, 'bin');
const env = {
  ...process.env,
  NEUSIM_CACHE: join(folder, 'cache'),
  PATH: `${commands}${delimiter}${process.env.PATH}`,
};

const paths = process.argv.slice(2);
const sessions = sessionsOf(codeBlocks(paths));
rmSync(folder, { recursive: true, force: true });
mkdirSync(commands, { recursive: true });
writeFileSync(join(commands, 'npx'), npxScript());
chmodSync(join(commands, 'npx'), 0o755);
sessions.forEach(prepare);

const programs = sessions.flatMap(({ blocks }) => blocks).filter(({ language }) => language === 'ts');
const without = paths.length > 0 ? [] : packagesWithoutExample(programs);
const wrong = [
  ...without.map((path) => `${path} has no example`),
  ...missingFromInstall(programs),
  ...typeErrors(programs),
];
for (const line of wrong) console.log(line);
process.exitCode = wrong.length > 0 ? 1 : await runAll([...sessions]);

/** A tutorial is one session, another document one for each program in it. */
function sessionsOf(blocks) {
  const isTutorial = ({ path }) => /^docs[\\/]tutorials[\\/]/.test(path);
  const pages = [...new Set(blocks.filter(isTutorial).map(({ path }) => path))];
  return [
    ...blocks.filter((block) => !isTutorial(block) && isProgram(block)).map((block) => [block]),
    ...pages.map((path) => blocks.filter((block) => block.path === path)),
  ].map((all) => ({ blocks: all, isTutorial: isTutorial(all[0]) }));
}

// The folder is within the repository, so that the packages are found.
function prepare({ blocks }, index) {
  const own = join(folder, `${index}-${basename(blocks[0].path, '.md').toLowerCase()}`);
  mkdirSync(own);
  for (const block of blocks) {
    block.folder = own;
    const name = block.name ?? `line-${block.line}.mjs`;
    block.file = join(own, block.language === 'ts' ? name.replace(/\.mjs$/, '.mts') : name);
    if (isProgram(block) || block.name) writeFileSync(block.file, block.code);
  }
}

/** `npx neusim` without npm, which would look for it first. */
function npxScript() {
  const neusim = join(root, 'apps/cli/bin/neusim.js');
  return `#!/bin/sh
[ "$1" = neusim ] || { echo "only npx neusim runs in a tutorial, not npx $1" >&2; exit 2; }
shift
exec "${process.execPath}" "${neusim}" "$@"
`;
}

function typeErrors(all) {
  const options = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    moduleDetection: ts.ModuleDetectionKind.Force,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'],
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    strict: true,
    skipLibCheck: true,
    noEmit: true,
  };
  const program = ts.createProgram(
    all.map(({ file }) => file),
    options,
  );
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, '\n');
    const block = all.find((each) => each.file === file?.fileName);
    if (!block) return `${file?.fileName ?? ''}: ${message}`;
    return `${block.path}:${file.getLineAndCharacterOfPosition(start).line + 1}: ${message}`;
  });
}

async function runAll(queue) {
  let failures = 0;
  const worker = async () => {
    for (let session = queue.shift(); session; session = queue.shift()) {
      // Awaited first: `failures += await …` would forget what the other worker has counted meanwhile.
      const failed = await runSession(session);
      failures += failed;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return failures > 0 ? 1 : 0;
}

/** Runs what runs of a session, to its first failure; gives the number of failures. */
async function runSession({ blocks, isTutorial }) {
  const cwd = isTutorial ? blocks[0].folder : mkdtempSync(join(tmpdir(), 'neusim-example-'));
  try {
    for (const block of blocks.filter((each) => !each.skip && (isProgram(each) || each.language === 'sh'))) {
      const started = Date.now();
      const { code, output } = await (isProgram(block) ? runProgram(block, cwd) : runCommands(block, cwd));
      console.log(`${code === 0 ? '✓' : '✗'} ${block.path}:${block.line} (${seconds(started)})`);
      if (code === 0) continue;
      console.log(output.replaceAll(/^/gm, '    '));
      return 1;
    }
    return 0;
  } finally {
    if (!isTutorial) rmSync(cwd, { recursive: true, force: true });
  }
}

function runProgram(block, cwd) {
  const script = block.language === 'ts' ? compile(block) : block.file;
  return quiet(['--enable-source-maps', script], { cwd, env, timeout: limitSeconds * 1000 });
}

function runCommands({ code }, cwd) {
  return runShell(code, { cwd, env, timeout: limitSeconds * 1000 });
}

// The block keeps its line numbers and a source map, so that a stack trace names the line of the document.
function compile({ code, file, path }) {
  const script = file.replace(/\.mts$/, '.mjs');
  const options = {
    loader: 'ts',
    format: 'esm',
    target: 'es2022',
    sourcemap: 'inline',
    sourcefile: join(root, path),
  };
  writeFileSync(script, transformSync(code, options).code);
  return script;
}

function isProgram({ language }) {
  return language === 'ts' || language === 'js';
}
