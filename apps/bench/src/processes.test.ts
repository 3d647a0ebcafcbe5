import { expect, test } from 'vitest';
import { runProcesses } from './processes';
import { describeMachine, type ProcessReport, row } from './report';

const report = (reference: number, time: number): ProcessReport => ({
  suite: 'cpu',
  quick: false,
  machine: describeMachine(),
  reference,
  load: 1,
  rows: [{ part: 'gemm', ...row('1×1×1', { engine: 'neusim', times: [time] }, 1, 'GFLOP/s') }],
  ratios: { gemmVsXnnpack: time / 10 },
  notRun: [],
});

test('figures are medians over the processes, with their range', async () => {
  const reports = [report(10, 5), report(10.5, 8), report(9.8, 6)];
  const { rows, ratios, spread } = await runProcesses(3, async () => reports.shift() as ProcessReport);
  expect(rows[0]).toMatchObject({ milliseconds: 6, fastest: 5, slowest: 8, rounds: 3 });
  expect(ratios).toEqual({ gemmVsXnnpack: 0.6 });
  expect(spread).toEqual({ gemmVsXnnpack: { smallest: 0.5, largest: 0.8 } });
});

test('a process whose reference is far off is dropped and another runs', async () => {
  const reports = [report(10, 5), report(20, 50), report(10, 6), report(10, 7)];
  const told: string[] = [];
  const { ratios, processes } = await runProcesses(
    3,
    async () => reports.shift() as ProcessReport,
    (what) => told.push(what),
  );
  expect(processes.map(({ dropped }) => dropped)).toEqual([false, true, false, false]);
  expect(ratios).toEqual({ gemmVsXnnpack: 0.6 });
  expect(told.filter((what) => what.includes('dropped'))).not.toHaveLength(0);
});

test('a machine that never settles ends all the same, with those nearest its usual speed', async () => {
  let reference = 1;
  const { processes } = await runProcesses(3, async () => {
    reference *= 2;
    return report(reference, 5);
  });
  expect(processes).toHaveLength(5);
  expect(processes.filter(({ dropped }) => !dropped)).toHaveLength(1);
});
