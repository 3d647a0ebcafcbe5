import type { ResultRow } from '@neusim/report';
import { expect, test } from 'vitest';
import { errorWarnings } from './warnings';

test('networks that end at 4 % or more are named', () => {
  const row = (name: string, testError: number | null) => ({ name, testError }) as ResultRow;
  expect(errorWarnings([row('a', 3.99), row('b', 4), row('c', null), row('d', Number.NaN)])).toEqual([
    'Warning: b ends with a test error of 4.00 %; below 4 % was expected.',
    'Warning: c ends with a test error of – %; below 4 % was expected.',
    'Warning: d ends with a test error of NaN %; below 4 % was expected.',
  ]);
});
