import { expect, test } from 'vitest';
import { goalOf } from './goals';
import { runProcesses } from './processes';
import { partsOf, runSuite } from './run-suite';
import { markdown, table } from './table';

const promised = [
  'gemmVsXnnpack',
  'convForwardVsStock',
  'convTrainVsFoundation',
  'dnsForwardVsConv',
  'dnsTrainVsConv',
  'unsForwardVsConv',
  'unsTrainVsConv',
  'authorsVsDns',
  'dnsPeakMemoryVsConv',
  'vggTrainVsFoundation',
  'nsnTrainVsFoundation',
  'overheadShare',
  'vggTrainVsStock',
  'dnsTrainVsFoundation',
];

test('the suite cpu, quick: rows, and the ratios that are promised, as JSON and as a page', async () => {
  const parts = partsOf('cpu');
  const report = await runProcesses(1, () => runSuite('cpu', { quick: true }));
  const { machine, rows, ratios } = JSON.parse(JSON.stringify(report));
  expect(machine).toMatchObject({ cores: expect.any(Number), node: process.versions.node });
  for (const part of parts.filter((part) => part !== 'peers'))
    expect(rows.some((row: { part: string }) => row.part === part)).toBe(true);
  for (const row of rows) {
    expect(row.milliseconds).toBeGreaterThanOrEqual(0);
    expect(row.fastest).toBeLessThanOrEqual(row.slowest);
    expect(row.rate).toBeGreaterThanOrEqual(0);
    if (row.peakBytes !== undefined) expect(row.peakBytes).toBeGreaterThan(0);
  }
  expect(Object.keys(ratios)).toEqual(expect.arrayContaining(promised));
  for (const value of Object.values(ratios)) expect(value).toBeGreaterThan(0);
  expect(Object.keys(ratios).filter((name) => goalOf(name).of === '')).toEqual([]);
  const page = markdown(report, 'npm run bench');
  for (const name of promised) {
    expect(table(report)).toContain(name);
    expect(page).toContain(`| \`${name}\` |`);
  }
});

test('an unknown suite or part is refused with those known', async () => {
  await expect(runSuite('gpu', { quick: true })).rejects.toMatchObject({
    code: 'BENCH_UNKNOWN',
    data: { known: ['cpu', 'memory', 'operators', 'few-shot', 'workers', 'webgpu', 'page'] },
  });
  await expect(runSuite('cpu', { quick: true, only: ['nsn'] })).rejects.toMatchObject({
    code: 'BENCH_UNKNOWN',
  });
});
