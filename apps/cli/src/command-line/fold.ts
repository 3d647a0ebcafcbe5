import { fold } from '../commands/fold';
import type { AddCommand } from './add-command';
import { withPlugins } from './plugin-option';

export const addFold: AddCommand = ({ command, done, terminal }) => {
  const words = command('fold', 'fold static similarities and batch norm into plain kernels', [
    'fold runs/mine',
    'fold runs/mine --out models/plain --check',
  ]);
  withPlugins(words)
    .argument('<run|model>', 'folder of a run, or of a saved model')
    .option('--out <dir>', "folder for the folded model (default: `folded` in the run's folder)")
    .option('--check', "verify on the run's test images; else on random ones")
    .option('--data <dir>', 'folder of the data set, for --check (default: $NEUSIM_DATA)')
    .option('--backend <name>', 'auto (the fastest here), node-gpu, webgpu, node, wasm or cpu')
    .action(async (path, options) => done(await fold(terminal, path, options)));
};
