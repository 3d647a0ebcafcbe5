import { doctor } from '../commands/doctor';
import { makeRegistry } from '../registry';
import type { AddCommand } from './add-command';

export const addDoctor: AddCommand = ({ command, done, terminal }) => {
  command('doctor', 'tell what this machine has and lacks', [
    'doctor',
    'doctor --json',
    'doctor --data ~/data',
  ])
    .option('--data <dir>', 'folder of the data sets (default: $NEUSIM_DATA)')
    .action(async ({ data }) => done(await doctor(makeRegistry(), data ?? terminal.env.NEUSIM_DATA)));
};
