import { expect, test } from 'vitest';
import { textTable } from './text-table';

test('columns line up, numbers to the right, a dash for what does not apply', () => {
  const text = textTable(
    [{ title: 'name' }, { title: 'images/s', align: 'right' }],
    [
      ['a', '1,000'],
      ['naïve', null],
    ],
  );
  expect(text.split('\n')).toEqual([
    'name   images/s',
    '─────  ────────',
    'a         1,000',
    'naïve         –',
  ]);
});
