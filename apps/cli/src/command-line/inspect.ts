import { inspect } from '../commands/inspect';
import type { AddCommand } from './add-command';
import { withPlugins } from './plugin-option';
import { collect } from './values';

export const addInspect: AddCommand = ({ command, done, terminal }) => {
  const words = command(
    'inspect',
    'look into a network: M, D, where taps read, singular values and cost, on one page',
    [
      'inspect runs/mine',
      'inspect runs/mine --image cat.png --layer stage1',
      'inspect runs/c100 --data ~/data --out c100.html --numbers c100.json',
      'inspect runs/mine/checkpoints/step-00000500.neusim',
      'inspect models/other --image cat.png --set normalize=unit',
    ],
  );
  withPlugins(words)
    .argument('<run|model|checkpoint>', 'folder of a run or of a saved model, or a checkpoint')
    .option('--image <file>', "PNG, JPEG or WebP (default: the first test image of the run's data set)")
    .option('--layer <name>', 'only this layer, or those whose names begin so; may be repeated', collect)
    .option('--out <file>', "the page (default: inspect.html in the run's folder)")
    .option('--numbers <file>', 'write all that the page shows as JSON')
    .option('--dataset <name>', "default: the run's")
    .option('--data <dir>', 'folder of the data set (default: $NEUSIM_DATA)')
    .option('--set <key=value>', "change one value of the run's config; may be repeated", collect)
    .option('--backend <name>', 'auto (the fastest here), node-gpu, webgpu, node, wasm or cpu')
    .action(async (path, options) => done(await inspect(terminal, path, options)));
};
