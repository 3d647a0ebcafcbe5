#!/usr/bin/env node
// `npm run bench -- --suite cpu --json FILE`.
import { writeAtomic } from '@neusim/platform';
import { formatError } from '@neusim/registry';
import { Command } from 'commander';
import { table } from './report';
import { runSuite } from './run-suite';

interface Flags {
  suite: string;
  json?: string;
  quick?: true;
  only?: string[];
}

const program = new Command('bench')
  .description('Time NeuSim against frozen baselines, in one process; every figure is a median.')
  .option(
    '--suite <name>',
    'cpu (speed), memory (heap at batch 128), workers (threads that share a batch)',
    'cpu',
  )
  .option('--json <file>', 'write { machine, rows, ratios }')
  .option('--quick', 'tiny sizes: shows that everything runs, in seconds')
  .option('--only <part...>', 'parts of the suite: vgg, nsn-cifar, conv')
  .addHelpText(
    'after',
    '\nExamples:\n  $ npm run bench -- --json bench.json\n  $ npm run bench -- --only vgg',
  );

const { suite, json, quick = false, only } = program.parse().opts<Flags>();
try {
  const onProgress = (part: string) => void process.stderr.write(`${part} …\n`);
  const report = await runSuite(suite, { quick, only, onProgress });
  process.stdout.write(`${table(report)}\n`);
  if (json) await writeAtomic(json, `${JSON.stringify(report, null, 2)}\n`);
} catch (error) {
  process.stderr.write(`${formatError(error)}\n`);
  process.exitCode = 1;
}
