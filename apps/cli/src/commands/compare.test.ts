import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { neusim, temporaryFolder } from '../test/terminal';
import { tiny } from '../test/tiny';

const read = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));

test('two variants with two seeds: one table, each run in its folder; stopped and resumed it trains what is left', async () => {
  const out = join(temporaryFolder(), 'both');
  const vary = ['--vary', 'model.similarity=inner-product,static-uns'];
  const args = ['compare', 'cnn-digits', ...tiny, ...vary, '--seeds', '2', '--jobs', '1', '--out', out];
  const stopped = await neusim(args, (line, interrupt) => {
    if (/^inner-product seed 2 .* 5\/12 /.test(line)) interrupt();
  });
  expect(stopped.code).toBe(130);
  // The first seed is finished and compared by its test images; the rest waits.
  expect(read(out, 'results.json').rows).toHaveLength(2);
  expect(read(out, 'results.json').comparison.pairs).toMatchObject([{ test: 'McNemar', seeds: [1] }]);
  expect(stopped.out).toContain('inner-product seed 2 was stopped after step');
  expect(stopped.out).toContain('static-uns seed 2 was not begun.');
  expect(stopped.out).toMatch(/Go on with: npx neusim compare cnn-digits .* --resume$/m);
  const first = readFileSync(join(out, 'static-uns', 'seed-1', 'result.json'), 'utf8');

  expect(await neusim(args)).toMatchObject({ code: 2, err: expect.stringContaining('CLI_OUT_TAKEN') });
  const resumed = await neusim([...args, '--resume', '--json']);
  expect(resumed.code).toBe(0);
  expect(resumed.err).toContain('2 of 4 finished before');
  expect(resumed.err).toContain('going on from');
  expect(readFileSync(join(out, 'static-uns', 'seed-1', 'result.json'), 'utf8')).toBe(first);
  const { rows, comparison, missing } = JSON.parse(resumed.out);
  expect(missing).toEqual([]);
  expect(rows.map(({ name, seed }: { name: string; seed: number }) => `${name} ${seed}`)).toEqual([
    'inner-product 1',
    'static-uns 1',
    'inner-product 2',
    'static-uns 2',
  ]);
  expect(comparison.variants).toMatchObject([
    { name: 'inner-product', seeds: [1, 2] },
    { name: 'static-uns', seeds: [1, 2] },
  ]);
  const [pair] = comparison.pairs;
  expect(pair).toMatchObject({ a: 'inner-product', b: 'static-uns', seeds: [1, 2], test: 'paired t' });
  const errors = rows.map(({ testError }: { testError: number }) => testError);
  expect(pair.difference).toBeCloseTo((errors[1] - errors[0] + errors[3] - errors[2]) / 2, 9);
  const table = readFileSync(join(out, 'results.md'), 'utf8');
  expect(table).toContain('| variant | seeds | test error % |');
  expect(table).toMatch(/^\| `static-uns` \| 1, 2 \|/m);
  const page = readFileSync(join(out, 'report.html'), 'utf8');
  expect(page).toContain('static-uns − inner-product');
  expect(existsSync(join(out, 'static-uns', 'seed-2', 'report.html'))).toBe(true);

  // The seeds of one variant are one variant in a merged report too.
  const merged = await neusim([
    'report',
    ...[1, 2].map((seed) => join(out, 'static-uns', `seed-${seed}`)),
    '--out',
    join(out, 'seeds.html'),
    '--json',
  ]);
  expect(JSON.parse(merged.out).comparison.variants).toMatchObject([{ name: 'static-uns', seeds: [1, 2] }]);

  // Another config in the same folder.
  const other = await neusim([...args, '--set', 'steps=13', '--resume']);
  expect(other).toMatchObject({ code: 2, err: expect.stringContaining('CLI_COMPARE_OTHER') });
  rmSync(out, { recursive: true });
});

test('the command that a report of a run gives has the data and the engine that were given', async () => {
  const out = join(temporaryFolder(), 'one');
  const given = ['--data', '/my data', '--backend', 'wasm'];
  const told = await neusim([
    'compare',
    'cnn-digits',
    ...tiny,
    '--seeds',
    '1',
    '--jobs',
    '1',
    ...given,
    '--out',
    out,
    '--json',
  ]);
  const [{ name }] = JSON.parse(told.out).rows;
  const { command } = read(out, name, 'seed-1', 'report.json');
  expect(command).toContain(`seed-1-again --data '/my data' --backend wasm`);
  expect(read(out, 'report.json').command).toContain(`--data '/my data' --backend wasm`);
});

test('--all: a run for every part', async () => {
  const out = join(temporaryFolder(), 'all');
  const stopped = await neusim(
    ['compare', '--all', ...tiny.slice(2), '--seeds', '1', '--jobs', '1', '--backend', 'wasm', '--out', out],
    (line, interrupt) => {
      if (/^static-dns seed 1 .* 5\/12 /.test(line)) interrupt();
    },
  );
  expect(stopped.code).toBe(130);
  expect(stopped.out).toMatch(/Go on with: npx neusim compare --all .* --resume$/m);
  expect(read(out, 'results.json').rows).toMatchObject([{ name: 'inner-product' }]);
  expect(await neusim(['compare', '--out', out])).toMatchObject({
    code: 2,
    err: expect.stringContaining('CLI_USAGE'),
  });
  const two = await neusim(['compare', '--all', 'nsn-digits', 'cnn-digits', '--out', out]);
  expect(two).toMatchObject({ code: 2, err: expect.stringContaining('--all varies one config, not 2') });
});

test.each([
  [['--jobs', '2', '--workers', '2'], /--jobs 2 and --workers 2: one of them is 1 \[CLI_USAGE\]/],
  [['--set', 'optimizer.learningrate=1'], /did you mean "optimizer\.learningRate"/],
])('compare cnn-digits %j is refused before anything is opened', async (options, told) => {
  const { code, err } = await neusim(['compare', 'cnn-digits', '--out', 'never', ...options]);
  expect(code).toBe(2);
  expect(err).toMatch(told);
});
