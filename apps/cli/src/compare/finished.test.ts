import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig, type TrainConfigInput } from '@neusim/train';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../test/terminal';
import { standingOf } from './finished';

const configOf = (normalize: NonNullable<TrainConfigInput['normalize']>) =>
  parseConfig({ dataset: 'digits', model: 'cnn-digits', steps: 3, normalize });

/** A folder with the report of a run that is finished. */
function finished(normalize: NonNullable<TrainConfigInput['normalize']>) {
  const out = temporaryFolder();
  const result = { name: 'a', seed: 0 };
  const run = { result, loss: [], testError: [], learningRate: [], notes: [], config: configOf(normalize) };
  const report = { format: 'neusim-report', version: 1, runs: [run], facts: [], missing: [] };
  writeFileSync(join(out, 'report.json'), JSON.stringify(report));
  writeFileSync(join(out, 'results.json'), '{}');
  return out;
}
const standing = (out: string, normalize: NonNullable<TrainConfigInput['normalize']>) =>
  standingOf({ name: 'b', seed: 0, out, config: configOf(normalize) });

test("a run that found its mean and deviation is the run of normalize 'dataset'; one of 'unit' is another", async () => {
  const statistics = { mean: [33.3], std: [78.6] };
  expect(await standing(finished(statistics), 'dataset')).toMatchObject({
    report: { result: { name: 'b' } },
  });
  for (const other of ['unit', 'none'] as const)
    await expect(standing(finished(other), 'dataset')).rejects.toMatchObject({ code: 'CLI_COMPARE_OTHER' });
  await expect(standing(finished(statistics), 'unit')).rejects.toMatchObject({ code: 'CLI_COMPARE_OTHER' });
});

test('a run that was killed before its results.json is not finished: it goes on, and writes it', async () => {
  const out = finished('unit');
  rmSync(join(out, 'results.json'));
  mkdirSync(join(out, 'checkpoints'));
  writeFileSync(join(out, 'checkpoints', 'step-3.neusim'), '');
  expect(await standing(out, 'unit')).toEqual({ report: null, isBegun: true });
});
