// A file of its own: engines are started once a process, and the suite of another has started them.
import { expect, test } from 'vitest';
import { goalOf } from './goals';
import { runProcesses } from './processes';
import { runSuite } from './run-suite';
import { markdown } from './table';

test('the suite operators, quick: each beside the plain convolution and its composition', async () => {
  const report = await runProcesses(1, () => runSuite('operators', { quick: true }));
  const { ratios } = report;
  const named = (ending: string) => Object.keys(ratios).filter((name) => name.endsWith(ending)).length;
  for (const pass of ['Forward', 'Train', 'Memory'])
    expect(named(`${pass}VsComposed`)).toBe(named(`${pass}VsConv`));
  expect(Object.keys(ratios)).toEqual(
    expect.arrayContaining(['deformableTrainVsConv', 'similarity decoupledMemoryVsComposed']),
  );
  expect(markdown(report, 'npm run bench')).toContain('| `shape active` |');
  for (const [name, value] of Object.entries(ratios)) {
    expect(value).toBeGreaterThan(0);
    expect(goalOf(name, 'operators').of).toContain('over');
  }
});
