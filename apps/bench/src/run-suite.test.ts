import { expect, test } from 'vitest';
import { table } from './report';
import { runSuite } from './run-suite';

test('the suite cpu, quick: rows, and the ratios that are promised, as JSON', async () => {
  const report = await runSuite('cpu', { quick: true });
  const { machine, rows, ratios } = JSON.parse(JSON.stringify(report));
  expect(machine).toMatchObject({ cores: expect.any(Number), node: process.versions.node });
  expect(rows.length).toBeGreaterThan(20);
  for (const row of rows) {
    expect(row.milliseconds).toBeGreaterThan(0);
    expect(row.fastest).toBeLessThanOrEqual(row.slowest);
    expect(row.rate).toBeGreaterThan(0);
    expect(row.heapBytes).toBeGreaterThan(0);
  }
  expect(Object.keys(ratios)).toEqual([
    'vggTrainVsStock',
    'vggTrainVsFoundation',
    'nsnTrainVsFoundation',
    'convTrainVsFoundation',
    'dnsTrainVsFoundation',
    'dnsForwardVsConv',
    'dnsTrainVsConv',
    'unsForwardVsConv',
    'unsTrainVsConv',
  ]);
  for (const value of Object.values(ratios)) expect(value).toBeGreaterThan(0);
  expect(table(report)).toContain('vggTrainVsStock');
});

test('an unknown suite or part is refused with those known', async () => {
  await expect(runSuite('gpu', { quick: true })).rejects.toMatchObject({
    code: 'BENCH_UNKNOWN',
    data: { known: ['cpu', 'memory', 'workers'] },
  });
  await expect(runSuite('cpu', { quick: true, only: ['nsn'] })).rejects.toMatchObject({
    code: 'BENCH_UNKNOWN',
  });
});
