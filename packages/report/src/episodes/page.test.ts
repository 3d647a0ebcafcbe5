import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { binsOf } from './histogram';
import { episodesPage, verdictOf } from './page';
import type { EpisodeFigures } from './types';

const figures = (name: string, classes: number): EpisodeFigures => ({
  name,
  accuracy: 54.214,
  interval: 0.866,
  loss: null,
  accuracies: [0, 52, 100],
  classes: Array.from({ length: classes }, (_, label) => `<${label}>`),
  // The last class is in no episode.
  confusion: Array.from({ length: classes }, (_, label) =>
    Array.from({ length: classes }, (_, other) => (label === classes - 1 ? 0 : Number(label === other) + 1)),
  ),
});

test('20 bins: 0 %, the end of a bin, 100 %', () => {
  const counts = binsOf([0, 4.9, 5, Math.fround(35), 99, 100]);
  expect([counts[0], counts[1], counts[7], counts[19]]).toEqual([2, 1, 1, 2]);
});

test('two learners of 4 classes, one of which is in no episode', () => {
  const pair = { a: 'one', b: 'two', difference: 1.5, interval: 0.5, higher: 9, lower: 4 };
  const report = {
    title: 'a <title>',
    summary: 'five & one',
    facts: [['engine', '<wasm>']] as const,
    evaluations: [figures('one', 4), figures('two', 4)],
    pairs: [pair],
    command: 'npx neusim',
  };
  const { document } = parseHTML(episodesPage(report));
  const text = document.body.textContent;
  expect(document.querySelector('h1')!.textContent).toBe('a <title>');
  expect(text).toContain('54.21 ± 0.87');
  expect(text).toContain('+1.50 ± 0.50');
  expect(text).toContain('two is the more accurate');
  expect(document.querySelectorAll('.histogram')).toHaveLength(2);
  // 3×3 cells each.
  expect(document.querySelectorAll('.cells rect')).toHaveLength(18);
  expect([...document.querySelectorAll('.classes tbody tr')].map((row) => row.textContent)).toHaveLength(6);
  const alone = episodesPage({ ...report, evaluations: [figures('one', 40)], pairs: [] });
  expect(alone).not.toContain('Differences');
  expect(parseHTML(alone).document.querySelectorAll('.confusion-map')).toHaveLength(1);
});

test.each([
  [1, 0.5, 'b is the more accurate'],
  [-1, 0.5, 'a is the more accurate'],
  [0.5, 0.5, 'a and b cannot be told apart'],
])('a difference of %s ± %s', (difference, interval, words) => {
  expect(verdictOf({ a: 'a', b: 'b', difference, interval })).toBe(words);
});
