import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { cellsOf } from '../evaluation';
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
  confusion: cellsOf(
    Array.from({ length: classes }, (_, label) =>
      Array.from({ length: classes }, (_, other) =>
        label === classes - 1 || other === classes - 1 ? 0 : Number(label === other) + 1,
      ),
    ),
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
    way: 4,
    evaluations: [figures('one', 4), figures('two', 4)],
    pairs: [pair],
    warnings: ['3 of <7> classes'],
    command: 'npx neusim  --min-images 3',
  };
  const { document } = parseHTML(episodesPage(report));
  expect(document.querySelector('header .notes')!.textContent).toBe('3 of <7> classes');
  const command = document.querySelector('pre.command')!;
  expect(command.textContent).toBe('npx neusim  --min-images 3');
  expect([...command.querySelectorAll('span')].map((word) => word.textContent)).toContain('--min-images');
  const text = document.body.textContent;
  expect(document.querySelector('h1')!.textContent).toBe('a <title>');
  expect(text).toContain('54.21 ± 0.87');
  expect(text).toContain('+1.50 ± 0.50');
  expect(text).toContain('two is the more accurate');
  expect(document.querySelectorAll('.histogram')).toHaveLength(2);
  // 3×3 cells each.
  expect(document.querySelectorAll('.cells rect')).toHaveLength(18);
  expect([...document.querySelectorAll('.classes tbody tr')].map((row) => row.textContent)).toHaveLength(6);
  const many = episodesPage({ ...report, evaluations: [figures('one', 40)], pairs: [] });
  expect(many).not.toContain('Differences');
  expect(parseHTML(many).document.querySelectorAll('.confusion-map')).toHaveLength(1);
});

const alone = (evaluation: EpisodeFigures) => {
  const words = { title: 'a', summary: '', facts: [], pairs: [], command: 'npx neusim' };
  return parseHTML(episodesPage({ ...words, way: 8, evaluations: [evaluation] })).document;
};

test('the scale has marks at 0, 50 and 100 %, and a line at chance, 12.5 % of 8 classes', () => {
  const document = alone(figures('one', 4));
  const lefts = [...document.querySelectorAll('.scale .line')].map((line) => line.getAttribute('style'));
  expect(lefts).toEqual(['left: 0.00%', 'left: 50.00%', 'left: 100.00%', 'left: 12.50%']);
  expect(document.querySelector('.marks')!.textContent).toBe('050100');
  expect(document.body.textContent).toContain('The dashed line is chance, 12.5 %.');
  // An eighth of the way from 30 to 340.
  expect(document.querySelector('.histogram .chance')!.getAttribute('x1')).toBe('68.75');
});

test('the interval of counted trials reaches as far to each side as it does', () => {
  const document = alone({ ...figures('one', 4), accuracy: 93.5, interval: [90.63, 95.53] });
  expect(document.querySelector('td.right')!.textContent).toBe('93.50 (90.63 to 95.53)');
  expect(document.querySelector('.reach')!.getAttribute('style')).toMatch(
    /^left: 90.63%; right: calc\(100% - 95.53%\)/,
  );
  expect(document.body.textContent).toMatch(/so many trials \(Wilson\)/);
  expect(document.body.textContent).not.toContain('standard errors');
});

test('a learner that answered no query by a number has no classes to show', () => {
  expect(alone({ ...figures('one', 4), confusion: [] }).body.textContent).toContain('No query was answered');
});

test.each([
  [1, 0.5, 'b is the more accurate'],
  [-1, 0.5, 'a is the more accurate'],
  [0.5, 0.5, 'a and b cannot be told apart'],
])('a difference of %s ± %s', (difference, interval, words) => {
  expect(verdictOf({ a: 'a', b: 'b', difference, interval })).toBe(words);
});
