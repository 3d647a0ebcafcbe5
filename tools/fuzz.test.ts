// A short run of the fuzzer, so that it stays in order; `node tools/fuzz.mjs` does the long one.

import { expect, test } from 'vitest';
import { fuzz, NAMES } from './fuzz.mjs';

test('100 damaged files of each of 18 formats: a coded error or a whole result', async () => {
  const rows = await fuzz({ files: 100, seed: 7 });
  expect(rows.map(({ format }) => format)).toEqual(NAMES);
  expect(rows).toHaveLength(18);
  expect(rows.flatMap(({ format, faults }) => faults.map((fault) => ({ format, ...fault })))).toEqual([]);
  for (const { format, read, refused } of rows) {
    expect([format, read + refused]).toEqual([format, 100]);
    expect([format, read > 0, refused > 0]).toEqual([format, true, true]);
  }
});
