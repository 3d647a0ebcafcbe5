import { list, listable } from '../commands/list';
import { makeRegistry } from '../registry';
import type { AddCommand } from './add-command';

export const addList: AddCommand = ({ command, done }) => {
  command('list', 'list what can be named in a config, and the keys of a config', [
    'list',
    'list similarity',
    'list preset',
    'list config --preset nsn-digits',
    'list dataset --json',
  ])
    .argument('[kind]', listable.join(', '))
    .option('--preset <name>', 'of config: show the values of a preset')
    .action((kind, options) => done(list(makeRegistry(), kind, options)));
};
