import { compare } from '../commands/compare';
import type { AddCommand } from './add-command';
import { withPlugins } from './plugin-option';
import { collect, positive } from './values';

export const addCompare: AddCommand = ({ command, done, terminal }) => {
  const words = command('compare', 'train several variants with several seeds, and tell which differ', [
    'compare cnn-digits nsn-digits --seeds 3',
    'compare nsn-digits --vary model.similarity=static-dns,static-uns,dynamic-dns --seeds 1,2,3',
    'compare --all --set steps=125 --seeds 1 --backend wasm',
    'compare nsn-cifar cnn-cifar --data ~/data --set steps=2000 --workers 4 --out runs/cifar',
  ]);
  withPlugins(words)
    .argument('[preset|config.json...]', '`npx neusim list preset` names the presets')
    .option('--seeds <n|list>', 'how many (1, 2, …), or which: 4,7', '3')
    .option('--all', 'a variant for each similarity, shape, predictor and operator (default: in nsn-digits)')
    .option('--set <key=value>', 'change one value of every config; may be repeated', collect)
    .option('--vary <key=a,b>', 'a variant for each value; may be repeated', collect)
    .option('--dataset <name>', '`npx neusim list dataset` names them')
    .option('--data <dir>', 'folder of the data set (default: $NEUSIM_DATA)')
    .option('--out <dir>', 'folder for the runs and the results', 'runs/compare')
    .option('--resume', 'keep the runs in the folder that are finished, go on with those begun')
    .option('--backend <name>', 'auto (the fastest here), node-gpu, webgpu, node, wasm or cpu')
    .option(
      '--jobs <n>',
      'networks trained at a time, a thread each (default: 2, or 1 on one core)',
      positive,
    )
    .option('--workers <n>', 'threads that share each batch of one network at a time', positive)
    .action(async (named, options) => done(await compare(terminal, named, options)));
};
