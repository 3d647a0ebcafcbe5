import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { formatError, NeusimError } from './index';

const error = new NeusimError('GEOMETRY_KERNEL_TOO_LARGE', 'kernel size 5 > input size 3 in dimension 1', {
  data: { kernel: 5, input: 3 },
  hint: 'use pad "same"',
});

describe('NeusimError', () => {
  test('is an Error with code, data and hint', () => {
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('NeusimError');
    expect(error.message).toBe('kernel size 5 > input size 3 in dimension 1');
    expect(error.data).toEqual({ kernel: 5, input: 3 });
    expect(new NeusimError('X', 'y')).toMatchObject({ code: 'X', data: {}, hint: '' });
  });

  test('keeps its data from later changes', () => {
    const data = { kernel: 5 };
    const kept = new NeusimError('X', 'y', { data });
    data.kernel = 6;
    expect(kept.data).toEqual({ kernel: 5 });
    expect(Object.isFrozen(kept.data)).toBe(true);
  });

  test('as text, in a stack and in an inspector it shows its name, code and hint', () => {
    expect(String(error)).toBe(
      'NeusimError: kernel size 5 > input size 3 in dimension 1 [GEOMETRY_KERNEL_TOO_LARGE]\n  hint: use pad "same"',
    );
    expect(error.stack).toMatch(/^NeusimError: kernel size 5/);
    expect(inspect(error)).toContain('GEOMETRY_KERNEL_TOO_LARGE');
    expect(inspect(error)).toContain('use pad');
  });

  test('survives JSON', () => {
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'NeusimError',
      message: error.message,
      code: error.code,
      data: error.data,
      hint: error.hint,
    });
  });
});

describe('formatError', () => {
  test('message, code, hint and causes', () => {
    const outer = new NeusimError('DATASET_BAD_MAGIC', 'a.idx: magic 7', { hint: 'unpack it', cause: error });
    expect(formatError(outer).split('\n')).toEqual([
      'a.idx: magic 7 [DATASET_BAD_MAGIC]',
      '  hint: unpack it',
      '  cause: kernel size 5 > input size 3 in dimension 1 [GEOMETRY_KERNEL_TOO_LARGE]',
      '  hint: use pad "same"',
    ]);
  });

  test('an error of another copy of the package, or of Node, or no error at all', () => {
    const told = new NeusimError('DATASET_BAD_IMAGE', '5.png: magic 7', {
      hint: 'fetch it again',
      cause: new NeusimError('PLATFORM_BAD_IMAGE', 'magic 7', { hint: 'PNG is read' }),
    });
    expect(formatError(told)).toBe('5.png: magic 7 [DATASET_BAD_IMAGE]\n  hint: fetch it again');
    expect(formatError(new NeusimError('X', 'y', { cause: new Error('') }))).toContain('cause:');
    expect(formatError({ name: 'NeusimError', message: 'm', code: 'C', hint: 'h' })).toBe('m [C]\n  hint: h');
    expect(formatError(Object.assign(new Error('no such file'), { code: 'ENOENT' }))).toBe(
      'no such file [ENOENT]',
    );
    for (const thrown of [undefined, null, 'text', 7]) expect(formatError(thrown)).toBe(String(thrown));
  });
});
