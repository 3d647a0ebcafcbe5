// Writes FEATURES.md: what the registry lists, and for every operator what was measured, engine by engine.
//   node tools/features.mjs            writes it
//   node tools/features.mjs --check    fails when it is stale
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import native from '@neusim/backend-node-gpu';
import wasm from '@neusim/backend-wasm';
import webgpu from '@neusim/backend-webgpu';
import core, { startBackend } from '@neusim/core';
import datasets, { defineDigits } from '@neusim/datasets';
import fewshot from '@neusim/fewshot';
import hypernet from '@neusim/hypernet';
import masks from '@neusim/masks';
import models from '@neusim/models';
import { createRegistry, kinds, plugin } from '@neusim/registry';
import { presets } from '@neusim/train';
import { findAdapter } from './adapter.mjs';
import { combine, every, measure, operators, referenceOf } from './operator-checks.mjs';
import { quiet, root } from './shell.mjs';

const path = join(root, 'FEATURES.md');
const marks = { yes: '✓', no: '✗', none: '–' };

const table = (head, rows) => [
  `| ${head.join(' | ')} |`,
  `|${' --- |'.repeat(head.length)}`,
  ...rows.map((cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`),
  '',
];

// The engines say where they run; the file tells of NeuSim alone.
console.warn = () => {};
// As in the command line, which cannot be imported without running it; no image is read here.
const digits = plugin('neusim', versionOf('apps/cli'), [defineDigits(() => '')]);
// Its engines are listed, and not measured: what they run on is installed by hand, and the file is the same everywhere.
const listed = createRegistry(core, masks, hypernet, wasm, webgpu, native, datasets, digits, models, fewshot);
const registry = createRegistry(core, masks, hypernet, wasm, datasets, digits, models);
await registry.ready();

const text = [
  '# Features',
  '',
  'Written by `npm run features` from the registry; `npm test` fails when it is stale.',
  '',
  ...(await operatorSection()),
  ...kinds.flatMap(listSection),
  ...presetSection(),
].join('\n');

if (!process.argv.includes('--check')) writeFileSync(path, text);
else if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
  console.log('FEATURES.md is stale: run `npm run features` and commit it. First line that differs:');
  console.log(firstDifference(existsSync(path) ? readFileSync(path, 'utf8') : '', text));
  process.exitCode = 1;
}

async function operatorSection() {
  const engines = registry.list('backend').map(({ name }) => name);
  // In a process of its own, beside what is measured here.
  const webgpuMeasured = webgpuMarks();
  const rows = operators(registry).map((operator) => ({ operator, results: [] }));
  for (const engine of engines) {
    await startBackend(registry, engine);
    for (const [i, operator] of operators(registry).entries()) {
      rows[i].reference ??= await referenceOf(operator);
      rows[i].results.push(await measure(registry, operator, rows[i].reference));
    }
  }
  const columns = Object.keys(rows[0].results[0]);
  const everywhere = (results, column) => combine(results.map((result) => result[column]));
  const onWebgpu = await webgpuMeasured;
  return [
    '## Operators',
    '',
    'Each measured on a small odd layer: values against those of `cpu`, gradients and second-order gradients against',
    'finite differences, odd shapes (an empty batch; a window of 3×2 with a stride of 2×1: as finite differences; and five',
    'layers on a map of 6×5, of uneven windows, strides and margins, with batches of 0, 1 and 3: output and every gradient',
    'as on `cpu`), one training step, fold (the folded model gives the same output), save and load, and that no tensor is',
    'left behind. The tests of each operator hold its values to float64 loops, on more shapes and with its other options.',
    'M is – for what is no choice of M.',
    'A column holds ✓ where cpu and wasm pass, an engine’s where every check passes on it; – does not apply.',
    'WebGPU is measured where there is an adapter, which CI has, on windows of 2×2 and on those five odd layers; elsewhere',
    'its column stays as it is.',
    'Engines that want a package installed by hand (`node-gpu`, `node`) are not in this table: their own suite holds them',
    'to the same oracles.',
    '',
    ...table(
      ['kind', 'name', 'M', 'M from', ...columns, ...engines, 'webgpu'],
      rows.map(({ operator: { kind, name, similarity }, results }) => [
        kind,
        `\`${name}\``,
        similarity?.respond ? 'response' : (similarity?.form ?? marks.none),
        similarity?.source ?? marks.none,
        ...columns.map((column) => marks[everywhere(results, column)]),
        ...results.map((result) => marks[every(result)]),
        onWebgpu(kind, name),
      ]),
    ),
  ];
}

/** The mark of (kind, name) on WebGPU: measured, or where there is no adapter the one that FEATURES.md has. */
async function webgpuMarks() {
  const { env, missing } = findAdapter();
  if (missing) {
    console.log(`The column of WebGPU stays as it is: ${missing}.`);
    const old = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
    return (kind, name) => {
      const row = old.find((line) => line.startsWith(`| ${kind} | \`${name}\` |`));
      return row?.split('|').at(-2).trim() ?? marks.none;
    };
  }
  const { code, stdout, output } = await quiet([join(root, 'tools/webgpu-operators.mjs')], {
    env: { ...process.env, ...env },
  });
  if (code !== 0) throw new Error(`operators on WebGPU could not be measured:\n${output}`);
  const found = new Map(JSON.parse(stdout.trim().split('\n').at(-1)));
  return (kind, name) => marks[found.get(`${kind} ${name}`)];
}

function listSection(kind) {
  const rows = listed.list(kind);
  if (rows.length === 0) return [];
  return [
    `## Kind \`${kind}\``,
    '',
    ...table(
      ['name', 'version', 'plug-in', 'what it is'],
      rows.map(({ name, version, plugin, summary }) => [`\`${name}\``, version, plugin, summary]),
    ),
  ];
}

function presetSection() {
  const rows = presets.map(({ name, summary }) => [`\`${name}\``, summary]);
  return ['## Presets', '', 'Of @neusim/train.', '', ...table(['name', 'what it is'], rows)];
}

function versionOf(folder) {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')).version;
}

function firstDifference(before, after) {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const at = now.findIndex((line, index) => line !== old[index]);
  return `  ${at + 1}: ${at < 0 ? '(lines after the end)' : now[at]}`;
}
