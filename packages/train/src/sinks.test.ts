import { expect, test } from 'vitest';
import { joinSinks } from './sinks';

test('a sink that cannot write keeps none after it from writing; its failure is thrown', async () => {
  const flushed: string[] = [];
  const failing = (name: string) => ({
    add: () => {},
    flush: async () => {
      flushed.push(name);
      throw new Error(name);
    },
  });
  const sinks = joinSinks([
    failing('first'),
    { add: () => {} },
    failing('third'),
    { add: () => {}, flush: () => void flushed.push('last') },
  ]);
  await expect(sinks.flush()).rejects.toThrow('first');
  expect(flushed).toEqual(['first', 'third', 'last']);
});
