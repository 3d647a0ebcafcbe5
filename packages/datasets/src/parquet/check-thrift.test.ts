import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkThrift } from './check-thrift';
import { readRuns } from './runs';

const check = (...bytes: number[]) => checkThrift('a.parquet', Uint8Array.from(bytes), 0, 0);

describe('checkThrift', () => {
  test('a struct of every kind of field ends where it ends', () => {
    const struct = [
      0x15, 0x04, 0x16, 0x80, 0x01, 0x11, 0x12, 0x13, 9, 0x18, 2, 65, 66, 0x19, 0x25, 2, 4, 0x1c, 0, 0,
    ];
    expect(check(...struct, 7, 7)).toBe(struct.length);
  });

  test.each<[string, number[]]>([
    ['a struct without an end', [0x15, 4]],
    ['text longer than the bytes', [0x18, 0xff, 0xff, 0x7f, 0]],
    ['a list longer than the bytes', [0x19, 0xf5, 0xff, 0xff, 0xff, 0x7f, 0]],
    ['a number without an end', [0x16, ...Array(40).fill(0x80), 0, 0]],
    ['structs 100 deep', [...Array(100).fill(0x1c), ...Array(101).fill(0)]],
    ['a map', [0x1b, 0, 0]],
  ])('%s is refused', (_, bytes) => {
    expect(() => check(...bytes)).toThrow(expect.objectContaining({ code: 'DATASET_BAD_PARQUET' }));
  });

  test('two million empty structs are refused', () => {
    const bytes = new Uint8Array(2_000_010);
    bytes.set([0x19, 0xfc, 0x80, 0x89, 0x7a]);
    expect(() => checkThrift('a.parquet', bytes, 0, 0)).toThrow(/more than 1048576 elements/);
  });
});

describe('readRuns', () => {
  test('runs and packed bits: numbers of 3 bits', () => {
    // 4 times 5; then 0..7, packed.
    const bytes = Uint8Array.of(8, 5, 3, 0b10001000, 0b11000110, 0b11111010);
    expect([...readRuns(bytes, 3, 12)!]).toEqual([5, 5, 5, 5, 0, 1, 2, 3, 4, 5, 6, 7]);
    expect([...readRuns(bytes, 3, 6)!]).toEqual([5, 5, 5, 5, 0, 1]);
    expect(readRuns(bytes, 3, 13)).toBeUndefined();
  });

  test('a run of 2^31 fills only what is wanted', () => {
    expect([...readRuns(Uint8Array.of(0xfe, 0xff, 0xff, 0xff, 0x0f, 1), 1, 3)!]).toEqual([1, 1, 1]);
  });

  test('any bytes: the numbers fit their bits, or undefined', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.integer({ min: 0, max: 24 }),
        fc.nat(200),
        (bytes, width, count) => {
          const found = readRuns(bytes, width, count);
          expect(
            found === undefined ||
              (found.length === count && found.every((value) => value < 2 ** width || bytes.length > 0)),
          ).toBe(true);
        },
      ),
    );
  });
});
