import { train } from '../commands/train';
import { ofRun } from '../run/run-config';
import type { AddCommand } from './add-command';
import { withPlugins } from './plugin-option';
import { collect, positive, wholeNumber } from './values';

export const addTrain: AddCommand = ({ command, done, terminal }) => {
  const words = command('train', 'train one network', [
    'train cnn-digits',
    'train nsn-digits --set model.similarity=static-uns --seed 3',
    'train nsn-cifar --dataset cifar-100 --data ~/data/cifar-100-binary --out runs/c100',
    'train nsn-cifar --workers 4 --set syncBatchNorm=true --data ~/data/cifar-10-batches-bin',
    'train runs/c100 --resume',
    'train nsn-digits --plugin ./my-plugin.mjs --set model.similarity=mine',
  ]);
  withPlugins(words)
    .argument('<preset|config.json>', '`npx neusim list preset` names the presets; or the folder of a run')
    .option('--set <key=value>', 'change one value of the config; may be repeated', collect)
    .option('--dataset <name>', '`npx neusim list dataset` names them')
    .option('--data <dir>', 'folder of the data set (default: $NEUSIM_DATA)')
    .option('--out <dir>', 'folder for checkpoints and results (default: runs/<name>)')
    .option('--tensorboard [dir]', 'write a TensorBoard event file too (default: tensorboard in --out)')
    .option('--resume', 'go on from the last checkpoint in the folder')
    .option('--backend <name>', 'auto (the fastest here), node-gpu, webgpu, node, wasm or cpu')
    .option('--precision <name>', "of wasm's 3×3 convolutions: direct, exact (default) or fast")
    .option('--seed <n>', 'of every random choice', wholeNumber)
    .option(
      '--workers <n>',
      'threads that share each batch (default: cores, 1 for a small network)',
      positive,
    )
    .action(async (config, given) => {
      const { source, options } = await ofRun(config, given);
      done(await train(terminal, source, options));
    });
};
