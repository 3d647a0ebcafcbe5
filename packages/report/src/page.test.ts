import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { compareRuns } from './comparison/compare-runs';
import { reportPage } from './page';
import { evaluated, runOf } from './run.fixture';
import type { Report, RunReport } from './types';

const empty = () => parseHTML('<html><body></body></html>').document as unknown as Document;

const report = (runs: readonly RunReport[]): Report => ({
  format: 'neusim-report',
  version: 1,
  title: 'a <title>',
  summary: 'one & all',
  facts: [['engine', '<wasm>']],
  dataset: 'digits',
  runs,
  missing: ['c failed'],
  comparison: compareRuns(runs),
  command: 'npx neusim',
});

const draw = (runs: readonly RunReport[]) => {
  const text = reportPage(report(runs), empty());
  return { text, page: parseHTML(text).document };
};

test('two seeds of two variants: a colour a variant, notes, and what is drawn once a variant', async () => {
  const all = [
    await runOf('a', 1, 2),
    await runOf('b', 1, 3),
    await runOf('a', 2, 2.5),
    await runOf('b', 2, 3),
  ];
  const { text, page } = draw(all);
  expect(page.querySelectorAll('.chip')).toHaveLength(2);
  expect(page.querySelectorAll('.charts svg')).toHaveLength(3);
  expect([...page.querySelectorAll('h2')].map((title) => title.textContent)).toEqual([
    'Results',
    'Comparison',
    'Curves',
    'What it gets right · a',
    'What it gets right · b',
    'Worst mistakes · a',
    'Worst mistakes · b',
    'Make it again',
  ]);
  expect(page.querySelectorAll('.confusion rect')).toHaveLength(2 * 9);
  expect(page.querySelectorAll('.mistake')).toHaveLength(2 * 3);
  expect(page.querySelectorAll('.notes li')).toHaveLength(4);
  expect(page.querySelectorAll('.seed')).toHaveLength(4);
  expect(text).not.toMatch(/a <title>|<wasm>|still <b>/);
  expect(text).not.toMatch(/(?:src|href)="(?!data:)/);
});

test('250 classes: a map in place of cells, the pairs and the hardest classes in words', async () => {
  const { page } = draw([await runOf('many', 1, 50, evaluated(250, 2))]);
  expect(page.querySelectorAll('.confusion-map')).toHaveLength(1);
  expect(page.querySelectorAll('.confusion')).toHaveLength(0);
  expect(page.querySelector('.classes h3')?.textContent).toBe('The 30 hardest of 250 classes');
  expect(page.querySelectorAll('.classes tbody tr')).toHaveLength(30);
  expect(page.querySelector('.note')?.textContent).toMatch(/^3 classes a cell/);
});

test('a run without steps, evaluation and learned parts still has its page', async () => {
  const run = await runOf('bare', 1, 2);
  const { page } = draw([{ ...run, loss: [], testError: [], learningRate: [], notes: [], evaluation: null }]);
  expect(page.querySelectorAll('.empty')).toHaveLength(3);
});

test('200,000 evaluations of a run are drawn, thinned: the page stays below 200 kB', async () => {
  const run = await runOf('long', 1, 2);
  const testError = Array.from({ length: 200_000 }, (_, step) => [step, 1 + (step % 9)] as const);
  const { text } = draw([{ ...run, testError, evaluation: null }]);
  expect(text.length).toBeLessThan(200_000);
});
