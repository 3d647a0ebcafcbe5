import { expect, test } from 'vitest';
import { learningRateAt, parseConfig, type TrainConfigInput } from './index';

function rates(schedule: TrainConfigInput['schedule'], steps: number): number[] {
  const optimizer = { name: 'sgd', learningRate: 1 } as const;
  const config = parseConfig({ dataset: 'd', model: 'm', steps, optimizer, schedule });
  return Array.from({ length: steps }, (_, step) => Number(learningRateAt(config, step).toFixed(6)));
}

test('constant, after a linear warm-up', () => {
  expect(rates({ name: 'constant' }, 3)).toEqual([1, 1, 1]);
  expect(rates({ name: 'constant', warmup: 4 }, 6)).toEqual([0.25, 0.5, 0.75, 1, 1, 1]);
});

test('steps: the boundary is the number of updates done before', () => {
  expect(rates({ name: 'step', at: [2, 3, 5], factor: 0.1 }, 6)).toEqual([1, 1, 0.1, 0.01, 0.01, 0.001]);
});

test('stairs of one height, as many as there are', () => {
  expect(rates({ name: 'staircase', every: 2 }, 7)).toEqual([1, 1, 0.5, 0.5, 0.25, 0.25, 0.125]);
});

test('a cosine from the end of the warm-up to the last step', () => {
  const cosine = rates({ name: 'cosine', warmup: 2, end: 0.2 }, 10);
  expect(cosine.slice(0, 3)).toEqual([0.5, 1, 1]);
  expect(cosine[6]).toBe(0.6);
  expect(cosine[9]).toBeLessThan(0.25);
  expect(cosine[9]).toBeGreaterThan(0.2);
});
