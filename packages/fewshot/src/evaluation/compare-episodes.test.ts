// Paired differences by hand, and what cannot be compared.
import { expect, test } from 'vitest';
import { compareEpisodes, type NamedEvaluation } from './compare-episodes';
import { meanInterval } from './mean-interval';

const named = (name: string, accuracies: number[], drawn = 'same', shot = 1): NamedEvaluation => {
  const { mean: accuracy, interval } = meanInterval(accuracies);
  const rest = { loss: 1, classes: [], candidates: 0, confusion: [], classAccuracies: [], way: 5, query: 15 };
  const evaluation = { ...rest, episodes: accuracies.length, shot, drawn, accuracy, interval };
  return { name, evaluation: { ...evaluation, accuracies: Float32Array.from(accuracies) } };
};

test('3 learners, 4 episodes: each pair, or against the first', () => {
  const all = [named('a', [40, 60, 80, 20]), named('b', [50, 70, 90, 30]), named('c', [60, 60, 60, 60])];
  const { rows, pairs } = compareEpisodes(all);
  expect(rows.map(({ name, accuracy }) => [name, accuracy])).toEqual([
    ['a', 50],
    ['b', 60],
    ['c', 60],
  ]);
  expect(pairs.map(({ a, b }) => a + b)).toEqual(['ab', 'ac', 'bc']);
  // A constant difference is certain, however much the episodes differ.
  expect(pairs[0]).toEqual({ a: 'a', b: 'b', difference: 10, interval: 0, higher: 4, lower: 0 });
  // 20, 0, −20, 40: mean 10, variance (100 + 100 + 900 + 900) / 3.
  expect(pairs[1]).toMatchObject({ difference: 10, higher: 2, lower: 1 });
  expect(pairs[1]!.interval).toBeCloseTo(1.96 * Math.sqrt(2000 / 3 / 4), 10);
  const first = compareEpisodes(all, { against: 'first' });
  expect(first.pairs).toEqual(pairs.slice(0, 2));
});

test.each([
  ['FEWSHOT_OTHER_EPISODES', [named('a', [1, 2]), named('b', [1, 2], 'other')], /another seed/],
  ['FEWSHOT_OTHER_EPISODES', [named('a', [1, 2]), named('b', [1, 2], 'other', 5)], /1-shot.*5-shot/],
  ['FEWSHOT_NOTHING_TO_COMPARE', [named('a', [1, 2])], /wanted: 2/],
])('%s', (code, evaluations, message) => {
  expect(() => compareEpisodes(evaluations)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});
