// The command line: what may be typed, with examples. Commands return what they found; only here is it printed.

import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { demo } from './commands/demo';
import { doctor } from './commands/doctor';
import { list, listable } from './commands/list';
import { train } from './commands/train';
import { packageVersion } from './package-version';
import { makeRegistry } from './registry';
import { errorJson, errorText, exitCodeOf, usageError } from './terminal/report-error';
import type { Outcome, Terminal } from './terminal/terminal';

/**
 * Runs one command line.
 * @param argv what was typed after `neusim`.
 * @returns the exit code: 0; 1 where a run failed; 2 for what the user can correct; 130 after Ctrl-C, 143 after SIGTERM.
 */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  let outcome: Outcome | undefined;
  const program = commandLine(terminal, (found) => {
    outcome = found;
  });
  try {
    await program.parseAsync(argv.length > 0 ? argv : ['--help'], { from: 'user' });
    if (outcome) terminal.out(program.opts().json ? JSON.stringify(outcome.json) : outcome.text);
    return outcome?.exitCode ?? 0;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
    const { json, debug } = program.opts<{ json?: true; debug?: true }>();
    const error = thrown instanceof CommanderError ? usageError(thrown, helpFor(program, argv)) : thrown;
    terminal.err(errorText(error, debug ?? false));
    if (json) terminal.out(JSON.stringify(errorJson(error)));
    return exitCodeOf(error);
  }
}

function helpFor(program: Command, argv: readonly string[]): string {
  const command = program.commands.find((each) => argv.includes(each.name()));
  return `npx neusim ${command ? `${command.name()} ` : ''}--help`;
}

function commandLine(terminal: Terminal, done: (outcome: Outcome) => void): Command {
  const program = new Command('neusim')
    .description('Train, compare and report neural similarity networks.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .option('--json', 'print one JSON object on standard output, and all else on standard error')
    .option('--debug', 'show where an error happened')
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: () => {},
      outputError: () => {},
    });

  const command = (name: string, description: string, examples: readonly string[]) =>
    program
      .command(name)
      .description(description)
      .addHelpText(
        'after',
        `\nExamples:\n${examples.map((example) => `  $ npx neusim ${example}`).join('\n')}`,
      );

  command('demo', 'train a plain, a static and a dynamic network on digits, and compare them', [
    'demo',
    'demo --seed 7 --out runs/seven',
    'demo --quick --workers 1',
  ])
    .option('--seed <n>', 'of every random choice', wholeNumber, 1)
    .option('--out <dir>', 'folder for results.json, report.html and the models', 'runs/demo')
    .option('--quick', 'a few steps only: shows that all of it works')
    .option('--workers <n>', 'networks trained at a time (default: 2, or 1 on one core)', positive)
    .action(async (options) => done(await demo(terminal, options)));

  command('train', 'train one network', [
    'train cnn-digits',
    'train nsn-digits --set model.similarity=static-uns --seed 3',
    'train nsn-cifar --dataset cifar-100 --data ~/data/cifar-100-binary --out runs/c100',
    'train nsn-cifar --workers 4 --set syncBatchNorm=true --data ~/data/cifar-10-batches-bin',
    'train runs/c100/config.json --out runs/c100 --resume',
  ])
    .argument('<preset|config.json>', '`npx neusim list preset` names the presets')
    .option('--set <key=value>', 'change one value of the config; may be repeated', collect)
    .option('--dataset <name>', '`npx neusim list dataset` names them')
    .option('--data <dir>', 'folder of the data set (default: $NEUSIM_DATA)')
    .option('--out <dir>', 'folder for checkpoints and results (default: runs/<name>)')
    .option('--resume', 'go on from the last checkpoint in the folder')
    .option('--backend <name>', 'auto (the fastest here), node-gpu, webgpu, node, wasm or cpu')
    .option('--precision <name>', "of wasm's 3×3 convolutions: direct, exact (default) or fast")
    .option('--seed <n>', 'of every random choice', wholeNumber)
    .option(
      '--workers <n>',
      'threads that share each batch (default: cores, 1 for a small network)',
      positive,
    )
    .action(async (config, options) => done(await train(terminal, config, options)));

  command('list', 'list what can be named in a config', [
    'list similarity',
    'list preset',
    'list dataset --json',
  ])
    .argument('<kind>', listable.join(', '))
    .action((kind) => done(list(makeRegistry(), kind)));

  command('doctor', 'tell what this machine has and lacks', [
    'doctor',
    'doctor --json',
    'doctor --data ~/data',
  ])
    .option('--data <dir>', 'folder of the data sets (default: $NEUSIM_DATA)')
    .action(async ({ data }) => done(await doctor(makeRegistry(), data ?? terminal.env.NEUSIM_DATA)));

  return program;
}

const collect = (value: string, before: readonly string[] = []) => [...before, value];

function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError('wanted: a whole number from 0.');
  }
  return value;
}

function positive(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError('wanted: a whole number from 1.');
  return value;
}
