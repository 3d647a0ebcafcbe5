// The command line: what may be typed (each command in `command-line/`). Commands return what they found; only here is
// it printed.

import { Command, CommanderError } from 'commander';
import { type CommandLine, withExamples } from './command-line/add-command';
import { addCompare } from './command-line/compare';
import { addCompletion } from './command-line/completion';
import { addData } from './command-line/data';
import { addDemo } from './command-line/demo';
import { addDoctor } from './command-line/doctor';
import { addEval } from './command-line/eval';
import { addFewShot } from './command-line/fewshot';
import { findCommands } from './command-line/find-command';
import { addFold } from './command-line/fold';
import { addInspect } from './command-line/inspect';
import { addList } from './command-line/list';
import { addReport } from './command-line/report';
import { addTrain } from './command-line/train';
import { packageVersion } from './package-version';
import { exitCodes } from './terminal/exit-codes';
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
    const stopped = exitCodes[String(thrown)];
    if (stopped !== undefined) {
      terminal.err('Stopped. What was fetched or decoded is kept; the same command goes on.');
      if (json) terminal.out(JSON.stringify({ stopped: true, step: 0, checkpoint: null, resume: null }));
      return stopped;
    }
    const error = thrown instanceof CommanderError ? usageError(thrown, helpFor(program, argv)) : thrown;
    terminal.err(errorText(error, debug ?? false));
    if (json) terminal.out(JSON.stringify(errorJson(error)));
    return exitCodeOf(error);
  }
}

function helpFor(program: Command, argv: readonly string[]): string {
  const named = findCommands(program, argv).map((each) => each.name());
  return ['npx', 'neusim', ...named, '--help'].join(' ');
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

  const command: CommandLine['command'] = (name, description, examples, options) =>
    withExamples(program.command(name, options).description(description), examples);
  const adds = [
    addDemo,
    addTrain,
    addCompare,
    addEval,
    addFewShot,
    addFold,
    addInspect,
    addReport,
    addData,
    addList,
    addDoctor,
    addCompletion,
  ];
  for (const add of adds) add({ terminal, command, done });
  return program;
}
