import type { DatasetSource } from '@neusim/datasets';
import * as platform from '@neusim/platform';
import { createRegistry } from '@neusim/registry';
import { expect, test } from 'vitest';
import digits from './digits-plugin';

test('the digits come with the command line: 8,000 and 2,000, of every class', async () => {
  const registry = createRegistry(digits);
  const source: DatasetSource = registry.make('dataset', 'digits');
  const { shape, classes, train, test: held } = await source.open(platform, undefined);
  expect(shape).toEqual([28, 28, 1]);
  expect(classes).toHaveLength(10);
  expect([train.count, held.count]).toEqual([8000, 2000]);
  expect(new Set(held.labels)).toEqual(new Set(classes.map(Number)));
});
