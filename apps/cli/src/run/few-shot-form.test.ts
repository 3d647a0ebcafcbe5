// How many queries are asked where nobody says it, and what is told of it.
import type { ClassPool } from '@neusim/datasets';
import { expect, test } from 'vitest';
import type { Terminal } from '../terminal/terminal';
import { askedOf, type FormOptions } from './few-shot-form';

const form = { way: 2, shot: 1, episodes: 5, seed: 1 };

function asked(counts: readonly number[], more: Partial<FormOptions> = {}) {
  const said: string[] = [];
  const terminal = { err: (text: string) => said.push(text) } as unknown as Terminal;
  const labels = Int32Array.from(counts.flatMap((count, label) => new Array<number>(count).fill(label)));
  const classes = counts.map((_, label) => `class${label}`);
  const pool = { classes, labels, count: labels.length };
  return [askedOf(terminal, pool as unknown as ClassPool, { ...form, ...more }).query, said.join()] as const;
}

test.each([
  ['enough of all', [16, 20], {}, 15, ''],
  ['what is said', [16, 20], { query: 3 }, 3, ''],
  [
    'small ones that can be left out',
    [16, 5, 16],
    {},
    4,
    /\(class1\) has 5 images: 4 are asked\. To ask for 15, leave small classes out: --min-images 16\.$/,
  ],
  ['one', [16, 2], {}, 1, /has 2 images: 1 is asked\.$/],
  ['small ones that are wanted', [16, 5], {}, 4, /4 are asked\.$/],
  ['left out', [16, 5, 16], { minImages: 6 }, 15, ''],
  ['too few for the shot: that is an error to come', [16, 5], { shot: 5 }, 1, ''],
  ['too few classes: so is that', [16], {}, 15, ''],
] as const)('%s', (_, counts, more, query, said) => {
  const [met, told] = asked(counts, more);
  expect(met).toBe(query);
  if (said === '') expect(told).toBe('');
  else expect(told).toMatch(said);
});
