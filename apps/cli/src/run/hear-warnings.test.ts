import { expect, test } from 'vitest';
import type { Terminal } from '../terminal/terminal';
import { hearWarnings, tellingOnce } from './hear-warnings';

test('warnings and notes are told once, other lines each time; every learner keeps its warnings', () => {
  const told: string[] = [];
  const once = tellingOnce({ err: (text: string) => void told.push(text) } as unknown as Terminal);
  const heard = ['first', 'second'].map((name) => {
    const { terminal, warnings } = hearWarnings(once);
    for (const line of ['Warning: seen', 'Note: no backbone', 'Testing']) terminal.err(line);
    return [name, warnings];
  });
  expect(told).toEqual(['Warning: seen', 'Note: no backbone', 'Testing', 'Testing']);
  expect(heard).toEqual([
    ['first', ['seen']],
    ['second', ['seen']],
  ]);
});
