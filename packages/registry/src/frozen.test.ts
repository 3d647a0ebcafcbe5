import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { frozen } from './frozen';

const isFrozenThrough = (value: unknown): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (Object.isFrozen(value) && Object.values(value).every(isFrozenThrough));

describe('frozen', () => {
  test('any JSON value: equal, frozen at every depth, the original left as it was', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const copy = frozen(value);
        expect(copy).toEqual(value);
        expect(isFrozenThrough(copy)).toBe(true);
        if (typeof value === 'object' && value !== null) expect(Object.isFrozen(value)).toBe(false);
      }),
    );
  });

  test('a key called __proto__ stays a key', () => {
    const copy = frozen(JSON.parse('{"__proto__": {"polluted": 1}}'));
    expect(Object.keys(copy)).toEqual(['__proto__']);
    expect(copy.polluted).toBeUndefined();
  });

  test('what is alive keeps its identity and stays unfrozen', () => {
    const part = { name: 'conv', apply: () => 1 };
    const pixels = new Float32Array(2);
    const copy = frozen({ part, pixels, made: [new Date(0)] });
    expect(copy.part).toBe(part);
    expect(copy.pixels).toBe(pixels);
    expect(Object.isFrozen(part)).toBe(false);
    expect(Object.isFrozen(copy.made)).toBe(true);
  });
});
