import { expect, test } from 'vitest';
import { evaluated, runOf } from '../run.fixture';
import type { Report } from '../types';
import { compareRuns } from './compare-runs';
import { mergeReports } from './merge-reports';

const runs = async (rows: readonly (readonly [name: string, seed: number, error: number])[]) =>
  Promise.all(rows.map(([name, seed, error]) => runOf(name, seed, error)));

test('three seeds: means, t intervals and the pair over the seeds that both have', async () => {
  const found = compareRuns(
    await runs([
      ['a', 1, 2.1],
      ['b', 1, 1.65],
      ['a', 2, 2.25],
      ['b', 2, 1.9],
      ['b', 3, 1.7],
      ['a', 3, 1.95],
      ['a', 9, 50],
    ]),
  );
  expect(found?.variants.map(({ name, seeds }) => [name, seeds])).toEqual([
    ['a', [1, 2, 3, 9]],
    ['b', [1, 2, 3]],
  ]);
  const [pair] = found?.pairs ?? [];
  expect(pair).toMatchObject({ a: 'a', b: 'b', seeds: [1, 2, 3], test: 'paired t' });
  expect(pair?.difference).toBeCloseTo(-0.35, 9);
  expect(pair?.interval?.[0]).toBeCloseTo(-0.5984137711750332, 9);
  expect(pair?.p).toBeCloseTo(0.026148318903646654, 9);
  expect(pair?.verdict).toBe('b has the lower error, by 0.35 points over 3 seeds');
});

test('differences that scatter are not distinguishable', async () => {
  const found = compareRuns(
    await runs([
      ['a', 1, 2],
      ['b', 1, 3],
      ['a', 2, 2],
      ['b', 2, 1.5],
    ]),
  );
  expect(found?.pairs[0]?.verdict).toBe('not distinguishable with 2 seeds');
});

test('two seeds that differ by the same 0.1 points: no p of 0 and no interval of no width', async () => {
  const found = compareRuns(
    await runs([
      ['a', 1, 2.1],
      ['b', 1, 2],
      ['a', 2, 1.7],
      ['b', 2, 1.6],
    ]),
  );
  expect(found?.pairs).toMatchObject([{ test: 'paired t', p: null, interval: null }]);
  expect(found?.pairs[0]?.verdict).toBe(
    'b has the lower error by as much with each of 2 seeds: more would show the spread',
  );
});

test('one seed: Wilson of the test images, and McNemar on those that one alone gets wrong', async () => {
  const [a, b] = [await runOf('a', 1, 25), await runOf('b', 2, 0)];
  const better = { ...b, evaluation: b.evaluation && { ...b.evaluation, wrong: [0] } };
  const found = compareRuns([a, better]);
  expect(found?.variants[0]?.deviation).toBeNull();
  // 3 of 12 wrong.
  expect(found?.variants[0]?.interval?.map(Math.round)).toEqual([9, 53]);
  expect(found?.pairs).toMatchObject([
    {
      seeds: [],
      interval: null,
      test: 'McNemar',
      p: expect.closeTo(0.5, 9),
      verdict: 'not distinguishable with one seed',
    },
  ]);
});

test('other test images, or no seed in common, are not paired', async () => {
  const other = await runOf('b', 1, 20, evaluated(3, 5));
  expect(compareRuns([await runOf('a', 1, 25), other])).toMatchObject({
    pairs: [],
    notes: ['a and b were tested on different images: they are not paired.'],
  });
  const apart = compareRuns(
    await runs([
      ['a', 1, 2],
      ['a', 2, 2],
      ['b', 3, 2],
      ['b', 4, 2],
    ]),
  );
  expect(apart?.notes).toEqual(['a and b have no seed in common: they are not paired.']);
});

test('of more than eight variants each is paired with the first alone', async () => {
  const names = ['plain', ...'abcdefgh'];
  const found = compareRuns(await runs(names.map((name, i) => [name, 1, 2 + i] as const)));
  expect(found?.pairs.map(({ a, b }) => [a, b])).toEqual(names.slice(1).map((name) => ['plain', name]));
  expect(found?.notes).toContain('Each of so many variants is paired with plain alone.');
});

test('a single run is compared with nothing', async () => {
  expect(compareRuns(await runs([['a', 1, 2]]))).toBeNull();
});

test('merged: seeds of one config are one variant, another config of that name is told by its folder', async () => {
  const report = async (seed: number, config: object): Promise<Report> => {
    const run = await runOf('net', seed, 2 + seed);
    return {
      format: 'neusim-report',
      version: 1,
      title: 'net',
      summary: '',
      facts: [
        ['engine', 'wasm'],
        ['seed', String(seed)],
      ],
      dataset: 'digits',
      runs: [{ ...run, config: { ...(run.config as object), ...config } }],
      missing: [],
      comparison: null,
      command: '',
    };
  };
  const seeds = [
    { label: 'one', report: await report(1, { plugins: ['../mine.mjs'] }) },
    { label: 'two', report: await report(2, { workers: 2, plugins: ['../../mine.mjs'] }) },
  ];
  expect(mergeReports(seeds, 'again')).toMatchObject({
    title: 'net on digits',
    facts: [['engine', 'wasm']],
    comparison: { variants: [{ name: 'net', seeds: [1, 2] }], pairs: [] },
    command: 'again',
  });
  const other = { label: 'three', report: await report(3, { steps: 5, plugins: [] }) };
  const names = mergeReports([...seeds, other], '').runs.map(({ result }) => result.name);
  expect(names).toEqual(['net · one', 'net · two', 'net · three']);
});
