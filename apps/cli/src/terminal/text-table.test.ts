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

test('control characters of names are shown, not obeyed: a terminal sees none but the ends of lines', () => {
  const text = textTable([{ title: 'layer' }], [['a\u001b[2J'], ['two\nlines\u009b'], ['\u202egnp']]);
  expect(text.split('\n').slice(2)).toEqual(['a\\u001b[2J', 'two\\u000alines\\u009b', '\\u202egnp']);
});
