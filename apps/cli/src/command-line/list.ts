import { list, listable } from '../commands/list';
import { openPlugins } from '../plugins/open-plugins';
import type { AddCommand } from './add-command';
import { withPlugins } from './plugin-option';

export const addList: AddCommand = ({ command, done, terminal }) => {
  const words = command('list', 'list what can be named in a config, and the keys of a config', [
    'list',
    'list similarity',
    'list preset',
    'list config --preset nsn-digits',
    'list config --method proto-net',
    'list dataset --json',
    'list similarity --plugin neusim-plugin-x',
  ]);
  withPlugins(words)
    .argument('[kind]', listable.join(', '))
    .option('--preset <name>', 'of config: show the values of a preset')
    .option('--method <name>', 'of config: the keys of few-shot configs, with those of a method')
    .action(async (kind, { plugin, ...options }) => {
      const { registry } = await openPlugins(terminal, { options: plugin });
      done(list(registry, kind, options));
    });
};
