import { list, listable } from '../commands/list';
import { makeRegistry } from '../registry';
import type { AddCommand } from './add-command';

export const addList: AddCommand = ({ command, done }) => {
  command('list', 'list what can be named in a config', [
    'list similarity',
    'list preset',
    'list dataset --json',
  ])
    .argument('<kind>', listable.join(', '))
    .action((kind) => done(list(makeRegistry(), kind)));
};
