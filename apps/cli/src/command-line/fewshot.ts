// `neusim fewshot …`: one function a subcommand, each with its own examples.

import { type Command, Option } from 'commander';
import { compareFewShot } from '../commands/fewshot-compare';
import { evalFewShot } from '../commands/fewshot-eval';
import { trainFew } from '../commands/fewshot-train';
import { ofRun } from '../run/run-config';
import { type AddCommand, type CommandLine, withExamples } from './add-command';
import { withPlugins } from './plugin-option';
import { collect, positive, wholeNumber } from './values';

type AddSubcommand = (fewshot: Command, line: CommandLine) => void;

export const addFewShot: AddCommand = (line) => {
  const fewshot = line.command('fewshot', 'learn classes from a few images each: train, test, compare', [
    'fewshot eval --data ./photos --method proto-net --backbone runs/mine',
    'fewshot compare proto-net nearest-neighbour --data ./photos --backbone runs/mine',
    'list method',
  ]);
  for (const add of [addTrain, addEval, addCompare]) add(fewshot, line);
};

const addTrain: AddSubcommand = (fewshot, { terminal, done }) => {
  const words = withExamples(
    fewshot
      .command('train')
      .description('train a method on the training classes, and test it on classes that it has not seen'),
    [
      'fewshot train proto-net --data ./photos --set steps=2000 --out runs/photos',
      'fewshot train proto-net-omniglot --data ~/data/omniglot --backend wasm',
      'fewshot train runs/photos --resume',
    ],
  );
  withPlugins(words)
    .argument(
      '<few-shot preset|config.json>',
      '`npx neusim list preset` names the presets; or the name of a method, or the folder of a run',
    )
    .option('--set <key=value>', 'change one value of the config; may be repeated', collect)
    .option('--dataset <name>', '`npx neusim list dataset` names them (default: found out)')
    .option('--data <dir>', 'folder of the data set, or its name (default: $NEUSIM_DATA)')
    .option('--out <dir>', 'folder for checkpoints and figures (default: runs/<name>)')
    .option('--tensorboard [dir]', 'write a TensorBoard event file too (default: tensorboard in --out)')
    .option('--resume', 'go on from the last checkpoint in the folder')
    .option('--backend <name>', 'auto (the fastest here), node-gpu, webgpu, node, wasm or cpu')
    .option('--precision <name>', "of wasm's 3×3 convolutions: direct, exact (default) or fast")
    .option('--seed <n>', 'of every random choice', wholeNumber)
    .option('--workers <n>', 'threads that test (default: 1)', positive)
    .action(async (config, given) => {
      const { source, options } = await ofRun(config, given);
      done(await trainFew(terminal, source, options));
    });
};

const addEval: AddSubcommand = (fewshot, { terminal, done }) => {
  const words = withExamples(
    fewshot
      .command('eval')
      .description('test a run, or a method with a trained network, on episodes of images'),
    [
      'fewshot eval --data ./photos --method proto-net',
      'fewshot eval --data ./photos --method proto-net --backbone runs/mine --shot 5',
      'fewshot eval runs/omniglot --way 20 --episodes 10000',
      'fewshot eval runs/omniglot --runs --data ~/data/omniglot',
    ],
  );
  withTest(words)
    .argument('[run]', 'folder of a run of `neusim fewshot train`')
    .option('--method <name>', 'in place of a run: `npx neusim list method` names them')
    .option('--runs', "Omniglot's 20 official one-shot runs (all_runs.zip in --data)")
    .action(async (run, options, command: Command) => {
      const typed = Object.keys(options).filter((name) => command.getOptionValueSource(name) === 'cli');
      done(await evalFewShot(terminal, run, options, typed));
    });
};

const addCompare: AddSubcommand = (fewshot, { terminal, done }) => {
  const words = withExamples(
    fewshot
      .command('compare')
      .description('test several runs or methods on the same episodes, and tell which differ'),
    [
      'fewshot compare runs/a runs/b --data ./photos',
      'fewshot compare proto-net nearest-neighbour --data ./photos --backbone runs/mine',
      'fewshot compare nearest-neighbour=identity proto-net=runs/mine --data ./photos --against first',
    ],
  );
  withTest(words)
    .argument('[run|method...]', 'folders of runs; methods, with the --backbone; METHOD=BACKBONE')
    .addOption(
      new Option('--against <which>', 'pairs of each, or with the first')
        .choices(['each', 'first'])
        .default('each'),
    )
    .action(async (named, options) => done(await compareFewShot(terminal, named, options)));
};

/** What all tests on episodes take. */
function withTest(command: Command): Command {
  return withPlugins(command)
    .option('--backbone <dir>', 'of a method: folder of a run or of a saved model (default: the one shipped)')
    .option(
      '--layer <name>',
      "of a backbone: the layer that makes embeddings (default: 'embedding', or the last)",
    )
    .option(
      '--base <dir>',
      "base classes for a method that wants some: a folder or a data set (default: the data's part to train on)",
    )
    .option('--data <dir>', 'folder of the images, or the name of a data set (default: $NEUSIM_DATA)')
    .option('--dataset <name>', 'the reader of the data (default: found out)')
    .addOption(
      new Option(
        '--split <name>',
        'which classes (default: test; all, where only a draw would choose them, or all are new to the run)',
      ).choices(['train', 'validation', 'test', 'all']),
    )
    .option('--way <n>', 'classes in an episode', positive, 5)
    .option('--shot <n>', 'images of each to learn from', positive, 1)
    .option(
      '--query <n>',
      'other images of each to ask for (default: 15, or what all classes have)',
      positive,
    )
    .option('--episodes <n>', 'how many', positive, 600)
    .option('--seed <n>', 'of the episodes', wholeNumber, 1)
    .option('--min-images <n>', 'leave out classes that have fewer', positive)
    .option('--within-group', "draw an episode's classes from one group: an alphabet, a superclass")
    .option(
      '--set <key=value>',
      'of method, dataset, division, transform or normalize; may be repeated',
      collect,
    )
    .option('--backend <name>', 'auto (the fastest here), node-gpu, webgpu, node, wasm or cpu')
    .option('--precision <name>', "of wasm's 3×3 convolutions: direct, exact (default) or fast")
    .option('--jobs <n>', 'threads (default: cores, 1 where there is little to do)', positive)
    .option(
      '--out <dir>',
      "folder for the figures and the report (default: the run's, or runs/fewshot-METHOD)",
    );
}
