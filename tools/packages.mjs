// Packs every public package as npm would publish it, then asks publint (are its fields and files right?) and
// attw (does every entry resolve to types? profile esm-only: what bundlers and Node's import see) about the tarball.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { filterProblems, problemKindInfo } from '@arethetypeswrong/core/problems';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { pack } from './pack.mjs';
import { workspaces } from './workspaces.mjs';

const esmOnly = ['node16-esm', 'bundler'];

const folder = mkdtempSync(join(tmpdir(), 'neusim-pack-'));
try {
  let failed = 0;
  const entries = new Map(workspaces().map(({ json }) => [json.name, json.exports]));
  const published = workspaces().filter(({ json }) => !json.private);
  const names = published.map(({ json }) => json.name);
  for (const { name, filename, size } of await pack(names, folder)) {
    const tarball = new Uint8Array(readFileSync(join(folder, filename)));
    const problems = await fieldProblems(tarball);
    // A package that is a command alone has nothing to import.
    if (entries.get(name)) problems.push(...(await typeProblems(tarball)));
    console.log(`${problems.length === 0 ? '✓' : '✗'} ${name} (${Math.ceil(size / 1000)} kB)`);
    for (const problem of problems) console.log(`    ${problem}`);
    failed += problems.length;
  }
  process.exitCode = failed > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function fieldProblems(tarball) {
  const { messages, pkg } = await publint({ pack: { tarball: tarball.slice().buffer }, level: 'warning' });
  return messages.map(
    (message) => `publint ${message.code}: ${formatMessage(message, pkg, { color: false })}`,
  );
}

async function typeProblems(tarball) {
  const analysis = await checkPackage(createPackageFromTarballData(tarball));
  if (!analysis.types) return ['attw: no types'];
  const found = esmOnly.flatMap((resolutionKind) => filterProblems(analysis, { resolutionKind }));
  const messages = found.map((problem) => {
    const where = problem.entrypoint ?? problem.fileName ?? '';
    return `attw ${problem.kind} ${where}: ${problemKindInfo[problem.kind].description}`;
  });
  return [...new Set(messages)];
}
