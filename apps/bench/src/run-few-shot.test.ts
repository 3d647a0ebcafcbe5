// A file of its own: engines are started once a process.
import { expect, test } from 'vitest';
import { goalOf } from './goals';
import { runSuite } from './run-suite';

test('the suite few-shot, quick: the time of the episodes, and the backbone’s of it', async () => {
  const { rows, ratios } = await runSuite('few-shot', { quick: true });
  const [all, backbone] = rows;
  expect(all).toMatchObject({ part: 'episodes', unit: 'episodes/s', engine: 'neusim' });
  expect(backbone!.milliseconds).toBeGreaterThan(0);
  expect(backbone!.milliseconds).toBeLessThan(all!.milliseconds);
  expect(ratios.fewShotBackboneShare).toBeCloseTo(backbone!.milliseconds / all!.milliseconds, 9);
  expect(goalOf('fewShotBackboneShare', 'few-shot')).toMatchObject({ better: 'larger', goal: 0.85 });
});
