#!/usr/bin/env node
// `npm run bench -- --suite cpu --json FILE`.
import { writeAtomic } from '@neusim/platform';
import { formatError, NeusimError } from '@neusim/registry';
import { Command } from 'commander';
import { runChild, runProcesses } from './processes';
import { partsOf, runSuite, suiteNames } from './run-suite';
import { markdown, table } from './table';

interface Flags {
  suite: string;
  json?: string;
  markdown?: string;
  quick?: boolean;
  only?: string[];
  processes?: string;
}

const program = new Command('bench')
  .description('Time NeuSim against frozen baselines; every figure is a median.')
  .option(
    '--suite <name>',
    'cpu (speed and peak memory), memory (heap at batch 128), workers (threads that share a batch)',
    'cpu',
  )
  .option('--json <file>', 'write { machine, rows, ratios, … } (docs/contracts.md)')
  .option('--markdown <file>', 'write the tables as a page')
  .option('--quick', 'tiny sizes: shows that everything runs, in seconds')
  .option('--processes <n>', 'processes, one after another (default: 3; 1 with --quick)')
  .option(
    '--only <part...>',
    `parts of the suite: ${suiteNames.flatMap((name) => partsOf(name).map(([part]) => part)).join(', ')}`,
  )
  .addHelpText(
    'after',
    '\nExamples:\n  $ npm run bench -- --json bench.json\n  $ npm run bench -- --only vgg --processes 1',
  );

const flags = program.parse().opts<Flags>();
try {
  await bench(flags);
} catch (error) {
  process.stderr.write(`${formatError(error)}\n`);
  process.exitCode = 1;
}

async function bench({ suite, json, markdown: page, quick = false, only, processes }: Flags): Promise<void> {
  partsOf(suite, only);
  const count = processCount(processes ?? (quick ? '1' : '3'));
  const onProgress = (part: string) => void process.stderr.write(`${part} …\n`);
  const chosen = ['--suite', suite, ...(quick ? ['--quick'] : []), ...(only ? ['--only', ...only] : [])];
  const runOne = () => (count === 1 ? runSuite(suite, { quick, only, onProgress }) : runChild(chosen));
  const report = await runProcesses(count, runOne, onProgress);
  process.stdout.write(`${table(report)}\n`);
  if (json) await writeAtomic(json, `${JSON.stringify(report, null, 2)}\n`);
  if (page) await writeAtomic(page, markdown(report, `npm run bench -- ${process.argv.slice(2).join(' ')}`));
}

function processCount(text: string): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  throw new NeusimError('BENCH_PROCESSES', `--processes ${text}: allowed are whole numbers from 1 to 99`, {
    data: { processes: text, least: 1, most: 99 },
    hint: 'Figures want 3 or more; 1 is enough to look.',
  });
}
