import { Option } from 'commander';
import { evalCommand } from '../commands/eval';
import type { AddCommand } from './add-command';
import { withPlugins } from './plugin-option';
import { collect, positive } from './values';

export const addEval: AddCommand = ({ command, done, terminal }) => {
  const words = command('eval', 'test a trained network: errors with intervals, classes, what it confuses', [
    'eval runs/mine',
    'eval runs/mine/folded --backend cpu',
    'eval runs/c100 --data ~/data --split train --out runs/c100/train.json',
    'eval models/other --dataset digits --set normalize=unit',
  ]);
  withPlugins(words)
    .argument('<run|model>', 'folder of a run, or of a saved model')
    .option('--dataset <name>', "default: the run's")
    .option('--data <dir>', 'folder of the data set (default: $NEUSIM_DATA)')
    .addOption(new Option('--split <name>', 'which images').choices(['test', 'train']).default('test'))
    .option('--set <key=value>', "change one value of the run's config; may be repeated", collect)
    .option('--backend <name>', 'auto (the fastest here), node-gpu, webgpu, node, wasm or cpu')
    .option('--precision <name>', "of wasm's 3×3 convolutions: direct, exact (default) or fast")
    .option('--workers <n>', 'threads (default: cores, 1 where there is little to do)', positive)
    .option('--out <file>', 'write the figures, and what was predicted for each image, as JSON')
    .action(async (path, options) => done(await evalCommand(terminal, path, options)));
};
