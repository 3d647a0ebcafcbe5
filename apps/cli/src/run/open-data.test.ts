import { expect, test } from 'vitest';
import { openTicks } from './open-data';

test('decoding tells images a second and, from a minute on, the time left', () => {
  let time = 0;
  const tick = openTicks(() => time);
  expect(tick({ phase: 'listing', done: 0, total: 0 })).toMatchObject({ step: 0, text: 'listing' });
  time = 5_000;
  expect(tick({ phase: 'decoding', done: 1_000, total: 31_000 })).toMatchObject({ text: 'decoding' });
  time = 15_000;
  expect(tick({ phase: 'decoding', done: 3_000, total: 31_000 })).toEqual({
    step: 3_000,
    steps: 31_000,
    text: 'decoding  200 images/s  about 2 min left',
    isLast: false,
  });
  time = 155_000;
  expect(tick({ phase: 'decoding', done: 31_000, total: 31_000 })).toMatchObject({
    text: 'decoding  200 images/s',
    isLast: true,
  });
});
