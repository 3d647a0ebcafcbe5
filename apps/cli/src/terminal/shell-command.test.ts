import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellCommand } from './shell-command';

test('words that a shell takes as they are stay so', () => {
  expect(shellCommand(['neusim', 'train', 'runs/a-b_1.json', '--resume'], 'linux')).toBe(
    'neusim train runs/a-b_1.json --resume',
  );
  expect(shellCommand(['neusim', 'C:\\runs\\a', 'C:\\my runs'], 'win32')).toBe(
    'neusim C:\\runs\\a "C:\\my runs"',
  );
});

test.skipIf(process.platform === 'win32')('a shell reads back what was given', () => {
  const words = ['my runs/a', "it's", '$HOME', '~/x', '"', '*', '', 'a\\b', '`id`'];
  const read = execFileSync('sh', ['-c', `printf '%s\\n' ${shellCommand(words)}`], { encoding: 'utf8' });
  expect(read.split('\n').slice(0, -1)).toEqual(words);
});
