import { evaluationAlphabets } from '@neusim/datasets';
import { expect, test } from 'vitest';
import type { Terminal } from '../terminal/terminal';
import type { OpenPool } from './few-shot-data';
import { warnOfSeen, whatIsNew } from './seen-classes';

const seenOf = (dataset: string, train: readonly string[], validation: readonly string[] = []) => [
  { dataset, folder: null, train, validation },
];

test.each([
  ['the data of the run', ['a', 'b', 'c', 'd', 'e'], 'test'],
  ['the same, of which one class is gone', ['a', 'b', 'd', 'e'], 'test'],
  ['other data, with a name in common', ['a', 'x', 'y'], 'all'],
  ['other data', ['x', 'y'], 'all'],
] as const)('%s', (_, classes, part) => {
  expect(whatIsNew(seenOf('image-folder', ['a', 'b', 'c'], ['d']))(classes, true)).toBe(part);
});

test('what nobody tells of is taken for the data of the run', () => {
  expect(whatIsNew(undefined)(['x'], true)).toBe('test');
});

test.each([
  [
    'seen of them',
    seenOf('omniglot', ['Tengwar/character01/rot090', 'Greek/character02/rot000']),
    /on 1 class/,
  ],
  ['none of them', seenOf('omniglot', ['Greek/character02/rot000']), /^$/],
  ['another data set', seenOf('cifar-fs', ['Tengwar']), /^$/],
  ['unknown', undefined, /does not tell/],
] as const)('official runs: %s', (_, seen, told) => {
  const err: string[] = [];
  const terminal = { err: (text: string) => void err.push(text) } as unknown as Terminal;
  const trained = { told: 'a run', seen, reader: 'omniglot' };
  warnOfSeen(terminal, trained, { runs: [] } as unknown as OpenPool, 'omniglot');
  expect(err.join('')).toMatch(told);
});

test('the evaluation set has twenty alphabets', () => {
  expect(new Set(evaluationAlphabets).size).toBe(20);
});
