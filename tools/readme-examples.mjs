// Every ```ts block of the READMEs, CONTRIBUTING.md and docs/ is a program of its own: all are type-checked against
// the built packages, then run, two at a time, each in an empty folder. ```ts no-run blocks are only type-checked.
//   node tools/readme-examples.mjs [file or folder ...]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import ts from 'typescript';
import { missingFromInstall, packagesWithoutExample, tsBlocks } from './markdown.mjs';
import { seconds } from './setup.mjs';
import { quiet, root } from './shell.mjs';

const atOnce = 2;
const limitSeconds = 180;
const folder = join(root, 'node_modules/.cache/neusim/examples');

const paths = process.argv.slice(2);
const blocks = tsBlocks(paths);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
blocks.forEach((block, index) => {
  block.file = join(folder, `example-${index}.mts`);
  writeFileSync(block.file, block.code);
});

const without = paths.length > 0 ? [] : packagesWithoutExample(blocks);
const wrong = [
  ...without.map((path) => `${path} has no example`),
  ...missingFromInstall(blocks),
  ...typeErrors(blocks),
];
for (const line of wrong) console.log(line);
process.exitCode = wrong.length > 0 ? 1 : await runAll(blocks.filter((block) => !block.onlyTypes));

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
    for (let block = queue.shift(); block; block = queue.shift()) {
      const started = Date.now();
      const { code, output } = await runOne(block);
      console.log(`${code === 0 ? '✓' : '✗'} ${block.path}:${block.line} (${seconds(started)})`);
      if (code === 0) continue;
      failures += 1;
      console.log(output.replaceAll(/^/gm, '    '));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return failures > 0 ? 1 : 0;
}

// The block keeps its line numbers and a source map, so that a stack trace names the line of the document.
async function runOne({ code, file, path }) {
  const script = file.replace(/\.mts$/, '.mjs');
  const options = {
    loader: 'ts',
    format: 'esm',
    target: 'es2022',
    sourcemap: 'inline',
    sourcefile: join(root, path),
  };
  writeFileSync(script, transformSync(code, options).code);
  const cwd = mkdtempSync(join(tmpdir(), 'neusim-example-'));
  try {
    return await quiet(['--enable-source-maps', script], { cwd, timeout: limitSeconds * 1000 });
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}
