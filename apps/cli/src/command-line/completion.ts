import { fileURLToPath } from 'node:url';
import { Argument } from 'commander';
import { complete } from '../completion/complete';
import { completionScript, shells } from '../completion/scripts';
import { makeRegistry } from '../registry';
import type { AddCommand } from './add-command';

export const addCompletion: AddCommand = ({ command, done }) => {
  command('completion', 'print a script by which a shell completes neusim', [
    'completion bash >> ~/.bashrc',
    'completion fish > ~/.config/fish/completions/neusim.fish',
  ])
    .addArgument(new Argument('<shell>', 'whose script').choices(shells))
    .action((shell) => {
      const text = completionScript(shell, [process.execPath, programPath()]).trimEnd();
      done({ json: { shell, script: text }, text });
    });

  command('complete', 'candidates for the last word', ['complete -- train cnn-digits --set ste'], {
    hidden: true,
  })
    .argument('[words...]')
    .action((words: string[], _, self) => {
      const { words: found, paths } = complete(self.parent, makeRegistry(), words);
      const lines = found.map(({ word, about }) => (about ? `${word}\t${about}` : word));
      if (paths) lines.push(`:${paths}`);
      done({ json: { words: found, paths }, text: lines.join('\n') });
    });
};

/** The script that Node runs as this program. */
const programPath = () => process.argv[1] ?? fileURLToPath(import.meta.url);
