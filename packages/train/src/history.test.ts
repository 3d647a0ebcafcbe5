// What of a finished run's curve is left when it is made longer.
import { expect, test } from 'vitest';
import type { Checkpoint } from './checkpoint/format';
import { withoutEnd } from './history';

/** A run of 5 steps, tested at 2, 4 and its end. @param errors of the tests. */
function finished(...errors: number[]): Checkpoint {
  const evaluations = errors.map((testError, index) => {
    return { step: [2, 4, 5][index] as number, testError, top5Error: null, loss: 1 };
  });
  return { step: 5, pending: [], history: { steps: [], evaluations } } as unknown as Checkpoint;
}

const left = (saved: Checkpoint, every: number, keepsBest: boolean) =>
  withoutEnd(saved, { evaluation: { every } }, keepsBest).evaluations.map(({ step }) => step);

test('the test of its end goes, but where the weights that it keeps are of then', () => {
  expect(left(finished(50, 40, 30), 2, false)).toEqual([2, 4]);
  expect(left(finished(50, 30, 40), 2, true)).toEqual([2, 4]);
  expect(left(finished(50, 40, 40), 2, true)).toEqual([2, 4]);
  expect(left(finished(50, 40, 30), 2, true)).toEqual([2, 4, 5]);
});

test('a test that was due stays', () => {
  expect(left(finished(50, 40, 45), 5, true)).toEqual([2, 4, 5]);
});
