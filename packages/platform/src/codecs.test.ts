import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, gunzip, sha256, sha256Bytes } from './codecs';

describe('gunzip', () => {
  test('gives back what gzip packed, at any size, when the bound is that size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
        expect(await gunzip(gzipSync(bytes), bytes.length)).toEqual(new Uint8Array(bytes));
      }),
      { numRuns: 50 },
    );
  });

  test('one byte more than the bound is refused', async () => {
    const packed = gzipSync(new Uint8Array(100));
    await expect(gunzip(packed, 99)).rejects.toMatchObject({
      code: 'PLATFORM_TOO_LARGE',
      data: { maxBytes: 99 },
    });
  });

  test('64 MiB of zeros in 64 KiB stop at the bound', async () => {
    const packed = gzipSync(new Uint8Array(64 << 20));
    expect(packed.length).toBeLessThan(70_000);
    await expect(gunzip(packed, 1 << 20)).rejects.toMatchObject({ code: 'PLATFORM_TOO_LARGE' });
  });

  test('cut short anywhere, or no gzip at all: refused', async () => {
    const packed = gzipSync(Uint8Array.from({ length: 3000 }, (_, i) => (i * i) % 251));
    for (const length of [0, 1, 9, 10, 100, packed.length - 8, packed.length - 1]) {
      await expect(gunzip(packed.subarray(0, length), 1e6), `first ${length} bytes`).rejects.toMatchObject({
        code: 'PLATFORM_BAD_GZIP',
      });
    }
    await expect(gunzip(new TextEncoder().encode('not gzip'), 1e6)).rejects.toMatchObject({
      code: 'PLATFORM_BAD_GZIP',
    });
  });

  test('an altered byte fails the checksum', async () => {
    const packed = Uint8Array.from(gzipSync(new Uint8Array(500).fill(7), { level: 0 }));
    packed[200]! ^= 1;
    await expect(gunzip(packed, 1e6)).rejects.toMatchObject({ code: 'PLATFORM_BAD_GZIP' });
  });
});

describe('sha256', () => {
  test('the published value for "abc"', async () => {
    expect(await sha256(new TextEncoder().encode('abc'))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  test('agrees with node:crypto, on views and on shared memory too', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(300)).fill(3);
    for (const bytes of [shared, Uint8Array.from({ length: 300 }, (_, i) => i).subarray(7, 200)]) {
      const expected = createHash('sha256').update(Uint8Array.from(bytes)).digest('hex');
      expect(await sha256(bytes)).toBe(expected);
      expect(await sha256Bytes(bytes)).toEqual(Uint8Array.from(Buffer.from(expected, 'hex')));
    }
  });
});

test('concatBytes joins parts, empty ones and views too', () => {
  const parts = [Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(7, 8, 9).subarray(1)];
  expect([...concatBytes(parts)]).toEqual([1, 2, 8, 9]);
  expect(concatBytes([])).toHaveLength(0);
});
