import { expect, test } from 'vitest';
import type { Progress, Tick } from '../terminal/progress';
import { ticker } from './ticker';

test('an error of a sample of episodes is told with its interval', () => {
  const told: string[] = [];
  const progress: Progress = {
    update: (_, { text }) => void told.push(text),
    note: () => {},
    stop: () => {},
  };
  const tick = ticker('net', progress);
  const evaluation = { type: 'evaluation', step: 3, top5Error: null, loss: 1 } as const;
  tick({ ...evaluation, testError: 12.345 });
  tick({ ...evaluation, testError: 12.345, interval: 0.678 });
  expect(told).toEqual([
    expect.stringContaining('test error 12.35 %'),
    expect.stringContaining('error 12.35 ± 0.68 %'),
  ]);
});

test('the compiling of a GPU’s programs is told before it begins and when it is done', () => {
  const told: string[] = [];
  const progress: Progress = {
    update: (_, { text }: Tick) => void told.push(text),
    note: (line) => void told.push(line),
    stop: () => {},
  };
  const tick = ticker('net', progress);
  const compiling = { type: 'progress', phase: 'compilation', step: 0, done: 0, total: 1 } as const;
  tick(compiling);
  tick(compiling);
  tick({ type: 'compilation', step: 0, pipelines: 3, ms: 1500 });
  expect(told).toEqual([
    "net: compiling the GPU's programs …",
    'compiling',
    'compiling',
    'net: 3 GPU programs compiled in 1.5 s',
    'training',
  ]);
});
