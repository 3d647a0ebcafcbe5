import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import {
  NeusimError,
  noOptions,
  parseSchema,
  type StandardSchemaIssue,
  type StandardSchemaV1,
} from './index';

const schema = v.strictObject({
  seed: v.optional(v.number(), 1),
  layers: v.array(v.strictObject({ width: v.pipe(v.number(), v.minValue(1)) })),
});

const refused = (run: () => unknown): NeusimError => {
  try {
    run();
  } catch (error) {
    if (error instanceof NeusimError) return error;
    throw error;
  }
  throw new Error('it was accepted');
};

const schemaWith = (validate: StandardSchemaV1['~standard']['validate']): StandardSchemaV1 => ({
  '~standard': { version: 1, vendor: 'test', validate },
});

describe('parseSchema', () => {
  test('fills in defaults and freezes', () => {
    const parsed = parseSchema(schema, { layers: [{ width: 3 }] }, 'config');
    expect(parsed).toEqual({ seed: 1, layers: [{ width: 3 }] });
    expect(Object.isFrozen(parsed.layers[0])).toBe(true);
  });

  test('names the path of the bad key and what stood there', () => {
    const error = refused(() => parseSchema(schema, { layers: [{ width: 3 }, { width: 0 }] }, 'config.json'));
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', data: { path: 'layers[1].width', met: 0 } });
    expect(error.message).toMatch(/^config\.json: layers\[1\]\.width = 0: .*>=1/);
  });

  test('an unknown key is refused by name, and every fault is told', () => {
    const error = refused(() => parseSchema(schema, { seeed: 2, layers: 'x' }, 'config'));
    expect(error.data.issues).toHaveLength(2);
    expect(`${error.message} ${error.hint}`).toMatch(/seeed/);
    expect(`${error.message} ${error.hint}`).toMatch(/layers/);
  });

  test('a fault of the whole value has an empty path', () => {
    expect(refused(() => parseSchema(schema, 7, 'config')).data).toMatchObject({ path: '', met: 7 });
  });

  test('paths of other libraries: bare keys, symbols, keys of what is not there', () => {
    const failing = (issues: StandardSchemaIssue[]) => () =>
      parseSchema(
        schemaWith(() => ({ issues })),
        {},
        'x',
      );
    expect(refused(failing([{ message: 'm', path: ['a', 0, { key: Symbol('s') }] }])).data.path).toBe(
      'a[0].Symbol(s)',
    );
    expect(refused(failing([])).data.path).toBe('');
  });

  test('an asynchronous schema is refused', () => {
    const asynchronous = schemaWith(async (value) => ({ value }));
    expect(refused(() => parseSchema(asynchronous, {}, 'x')).code).toBe('REGISTRY_ASYNC_SCHEMA');
  });

  test('values JSON does not know, and long ones, still make a short message', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    for (const value of [Number.NaN, cycle, () => 1, 'x'.repeat(1000), 10n]) {
      expect(
        refused(() => parseSchema(schema, value, 'x')).message.split(': Invalid')[0]!.length,
      ).toBeLessThan(100);
    }
  });
});

describe('noOptions', () => {
  test('accepts nothing but nothing', () => {
    expect(parseSchema(noOptions, {}, 'x')).toEqual({});
    expect(refused(() => parseSchema(noOptions, { taps: 3 }, 'x')).data).toMatchObject({
      path: 'taps',
      met: 3,
    });
    expect(refused(() => parseSchema(noOptions, 'taps', 'x')).code).toBe('CONFIG_INVALID');
  });
});
