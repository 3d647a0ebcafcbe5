import { expect, test, vi } from 'vitest';
import { nodeTerminal } from './node-terminal';
import { printable, printableLines } from './printable';

const name = 'a\u001b]0;title\u0007\u007f\u009b\u202e';
const shown = String.raw`a\u001b]0;title\u0007\u007f\u009b\u202e`;

test('control characters become escapes; ends of lines stay where lines are meant', () => {
  expect(printable(`${name}\n\t\r`)).toBe(String.raw`${shown}\u000a\u0009\u000d`);
  expect(printableLines(`${name}\n\t\r`)).toBe(`${shown}\n\t\\u000d`);
  expect(printable('naïve – 中文 🙂 “x”')).toBe('naïve – 中文 🙂 “x”');
});

test.each(['out', 'err'] as const)('the terminal lets none through: %s; JSON keeps its meaning', (to) => {
  const stream = to === 'out' ? process.stdout : process.stderr;
  const write = vi.spyOn(stream, 'write').mockReturnValue(true);
  try {
    nodeTerminal()[to](`${name}\n${JSON.stringify({ name })}`);
    const written = String(write.mock.lastCall?.[0]);
    expect(written.split('\n')[0]).toBe(shown);
    expect(JSON.parse(written.split('\n')[1] as string)).toEqual({ name });
  } finally {
    write.mockRestore();
  }
});
