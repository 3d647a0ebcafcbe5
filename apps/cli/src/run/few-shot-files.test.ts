// Names of a report's files: readable, and no report takes another's place.
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../test/terminal';
import { freeName, reportName } from './few-shot-files';

test('the form, the part, the data', () => {
  const form = { way: 20, shot: 5, part: 'test' } as const;
  expect(reportName({ ...form, dataset: 'omniglot', folder: '/data' })).toBe('20-way-5-shot-test-omniglot');
  expect(reportName({ ...form, dataset: 'image-folder', folder: './Été 2024 (a:b)/' })).toBe(
    '20-way-5-shot-test-Été-2024-a-b-',
  );
  // A file's name is of 255 bytes at most, and has a number and an ending to come.
  const long = reportName({ ...form, dataset: 'image-folder', folder: '图'.repeat(84) });
  expect(Buffer.byteLength(long)).toBeLessThan(230);
});

test('a number where figures of another command, of a run, or a damaged file have the name', async () => {
  const out = temporaryFolder();
  const write = (name: string, json: object) =>
    writeFileSync(join(out, `${name}.json`), JSON.stringify(json));
  const [one, two] = [{ command: 'one' }, { command: 'two' }];
  expect(await freeName(out, 'base', one)).toBe('base');
  write('base', one);
  expect(await freeName(out, 'base', one)).toBe('base');
  expect(await freeName(out, 'base', two)).toBe('base-2');
  writeFileSync(join(out, 'base-2.json'), '{');
  mkdirSync(join(out, 'base-3.json'));
  expect(await freeName(out, 'base', two)).toBe('base-4');
  rmdirSync(join(out, 'base-3.json'));
  expect(await freeName(out, 'base', two)).toBe('base-3');
  write('base', { run: 'here', command: 'one' });
  expect(await freeName(out, 'base', one)).toBe('base-3');
  // A run that was made longer, by another command.
  expect(await freeName(out, 'base', { run: 'here', command: 'two' })).toBe('base');
  write('base', {});
  expect(await freeName(out, 'base', { run: 'here', command: 'two' })).toBe('base-3');
});
