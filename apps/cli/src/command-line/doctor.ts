import { doctor } from '../commands/doctor';
import { openPlugins } from '../plugins/open-plugins';
import type { AddCommand } from './add-command';
import { withPlugins } from './plugin-option';

export const addDoctor: AddCommand = ({ command, done, terminal }) => {
  const words = command('doctor', 'tell what this machine has and lacks', [
    'doctor',
    'doctor --json',
    'doctor --data ~/data',
  ]);
  withPlugins(words)
    .option('--data <dir>', 'folder of the data sets (default: $NEUSIM_DATA)')
    .action(async ({ data, plugin }) => {
      const { registry } = await openPlugins(terminal, { options: plugin });
      done(await doctor(registry, data ?? terminal.env.NEUSIM_DATA));
    });
};
