#!/usr/bin/env node
// `npm run bench -- --suite cpu --json FILE`.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeAtomic } from '@neusim/platform';
import { formatError, NeusimError } from '@neusim/registry';
import { Command } from 'commander';
import { PARTS_FAILED, runChild, runProcesses } from './processes';
import { partsOf, runSuite, suiteNames } from './run-suite';
import { markdown, table } from './table';
import { parsePeak } from './webgpu/chips';
import { fileNameOf } from './webgpu/facts';
import { tune } from './webgpu/tune';

interface Flags {
  suite?: string;
  backend?: string;
  dawn?: string[];
  peak?: string;
  tune?: string | true;
  force?: boolean;
  json?: string;
  results?: string;
  markdown?: string;
  quick?: boolean;
  only?: string[];
  processes?: string;
}

/** From where this runs, `dist`. */
const tunedFile = fileURLToPath(
  new URL('../../../packages/backend-webgpu/src/kernels/conv/tuned.ts', import.meta.url),
);

const program = new Command('bench')
  .description('Time NeuSim against frozen baselines; every figure is a median.')
  .option(
    '--suite <name>',
    'cpu (speed and peak memory; the default), memory (heap at batch 128), operators (of the field, beside plain convolution), workers (threads that share a batch), webgpu (the set of cpu on a GPU), page (the training page in Chromium)',
  )
  .option('--backend <name>', 'wasm or webgpu: the suite cpu or webgpu')
  .option('--json <file>', 'write { machine, rows, ratios, … } (docs/contracts.md)')
  .option('--results <folder>', 'webgpu: write the same there, as a file named by the adapter')
  .option('--markdown <file>', 'write the tables as a page')
  .option('--quick', 'tiny sizes: shows that everything runs, in seconds')
  .option('--processes <n>', 'processes, one after another (default: 3; 1 with --quick)')
  .option('--only <part...>', `parts of the suite: ${suiteNames.flatMap((name) => partsOf(name)).join(', ')}`)
  .option(
    '--peak <tflops,gb/s>',
    "webgpu: the chip's float32 TFLOP/s and memory GB/s, in place of the table's",
  )
  .option(
    '--tune [file]',
    "webgpu: times the convolution kernels' tiles, and writes the table of the fastest",
  )
  .option('--force', 'tunes on a software adapter too')
  .option('--dawn <flag...>', 'webgpu: for Dawn, such as enable-dawn-features=disable_robustness')
  .addHelpText(
    'after',
    '\nExamples:\n  $ npm run bench -- --json bench.json\n  $ npm run bench -- --only vgg --processes 1\n  $ npm run bench -- --suite webgpu --json gpu.json',
  );

const flags = program.parse().opts<Flags>();
try {
  await bench(flags);
} catch (error) {
  process.stderr.write(`${formatError(error)}\n`);
  process.exitCode = 1;
}

async function bench(flags: Flags): Promise<void> {
  const { json, results, markdown: page, quick = false, only, processes, dawn } = flags;
  if (flags.tune !== undefined) return tuneTiles(flags);
  const suite = flags.suite ?? suiteOfBackend(flags.backend);
  partsOf(suite, only);
  const peak = flags.peak === undefined ? undefined : parsePeak(flags.peak);
  const count = processCount(processes ?? (quick ? '1' : '3'));
  const onProgress = (part: string) => void process.stderr.write(`${part} …\n`);
  const chosen = [
    ...['--suite', suite],
    ...(quick ? ['--quick'] : []),
    ...(only ? ['--only', ...only] : []),
    ...(flags.peak ? ['--peak', flags.peak] : []),
    ...(dawn ? ['--dawn', ...dawn] : []),
  ];
  const runOne = () =>
    count === 1 ? runSuite(suite, { quick, only, onProgress, dawn, peak }) : runChild(chosen);
  const report = await runProcesses(count, runOne, onProgress);
  process.stdout.write(`${table(report)}\n`);
  if (json) await writeAtomic(json, `${JSON.stringify(report, null, 2)}\n`);
  if (results && report.machine.gpu) {
    await mkdir(results, { recursive: true });
    await writeAtomic(
      join(results, `${fileNameOf(report.machine.gpu)}.json`),
      `${JSON.stringify(report, null, 2)}\n`,
    );
  }
  if (page) await writeAtomic(page, markdown(report, `npm run bench -- ${process.argv.slice(2).join(' ')}`));
  if (report.failed) process.exitCode = PARTS_FAILED;
}

async function tuneTiles({ tune: file, quick = false, force = false, dawn }: Flags): Promise<void> {
  const out = typeof file === 'string' ? file : tunedFile;
  const onProgress = (what: string) => void process.stderr.write(`${what}\n`);
  await tune({ out, quick, force, dawn, onProgress });
}

function suiteOfBackend(backend = 'wasm'): string {
  const found = { wasm: 'cpu', webgpu: 'webgpu' }[backend];
  if (found) return found;
  throw new NeusimError('BENCH_UNKNOWN', `no suite on the backend '${backend}'`, {
    data: { backend, known: ['wasm', 'webgpu'] },
    hint: 'Known: wasm, webgpu.',
  });
}

function processCount(text: string): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  throw new NeusimError('BENCH_PROCESSES', `--processes ${text}: allowed are whole numbers from 1 to 99`, {
    data: { processes: text, least: 1, most: 99 },
    hint: 'Figures want 3 or more; 1 is enough to look.',
  });
}
