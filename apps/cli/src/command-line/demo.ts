import { demo } from '../commands/demo';
import type { AddCommand } from './add-command';
import { positive, wholeNumber } from './values';

export const addDemo: AddCommand = ({ command, done, terminal }) => {
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
};
