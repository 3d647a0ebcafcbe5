import { list, listable } from '../commands/list';
import { openPlugins } from '../plugins/open-plugins';
import type { AddCommand } from './add-command';
import { withPlugins } from './plugin-option';

export const addList: AddCommand = ({ command, done, terminal }) => {
  const words = command('list', 'list what can be named in a config', [
    'list similarity',
    'list preset',
    'list dataset --json',
    'list similarity --plugin neusim-plugin-x',
  ]);
  withPlugins(words)
    .argument('<kind>', listable.join(', '))
    .action(async (kind, { plugin }) => {
      const { registry } = await openPlugins(terminal, { options: plugin });
      done(list(registry, kind));
    });
};
