import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { random, streams } from '../random';
import type { MemorySplit } from '../types';
import { checkPadCrop, drawCrop, imageWriter } from './pad-crop';

/** Pads, crops and flips the slow way, value by value, as the words say. */
function oracle(
  split: MemorySplit,
  index: number,
  pad: number,
  mode: 'mirror' | 'zero',
  top: number,
  left: number,
  flip: boolean,
) {
  const [height, width, channels] = split.shape;
  const at = (y: number, x: number, c: number) =>
    split.images[((index * height + y) * width + x) * channels + c]!;
  const padded = (line: number, size: number): number[] => {
    const inside = [...Array(size).keys()];
    if (mode === 'zero') return [...Array(line).fill(-1), ...inside, ...Array(line).fill(-1)];
    return [...inside.slice(0, line).reverse(), ...inside, ...inside.slice(size - line).reverse()];
  };
  const rows = padded(pad, height).slice(top, top + height);
  const columns = padded(pad, width).slice(left, left + width);
  if (flip) columns.reverse();
  return rows.flatMap((y) =>
    columns.flatMap((x) => [...Array(channels).keys()].map((c) => (y < 0 || x < 0 ? 0 : at(y, x, c)))),
  );
}

const sizes = fc.record({
  height: fc.integer({ min: 1, max: 7 }),
  width: fc.integer({ min: 1, max: 7 }),
  channels: fc.integer({ min: 1, max: 4 }),
  mode: fc.constantFrom<'mirror' | 'zero'>('mirror', 'zero'),
  flip: fc.boolean(),
});

describe('pad, crop, flip', () => {
  test('equals padding, cropping and flipping one after the other, at every offset', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), ({ height, width, channels, mode, flip }, salt) => {
        const images = Uint8Array.from(
          { length: 2 * height * width * channels },
          (_, i) => (i * 37 + salt) % 256,
        );
        const split: MemorySplit = {
          count: 2,
          shape: [height, width, channels],
          images,
          labels: new Int32Array(2),
        };
        const pad = Math.min(height, width);
        const write = imageWriter(images, split.shape, 'none', mode);
        const out = new Float32Array(height * width * channels + 1);
        for (let top = 0; top <= 2 * pad; top++) {
          const left = (top + salt) % (2 * pad + 1);
          write(1, { down: top - pad, right: left - pad, flip }, out, 1);
          expect([...out.subarray(1)]).toEqual(oracle(split, 1, pad, mode, top, left, flip));
        }
      }),
      { numRuns: 60 },
    );
  });

  test('zero padding is byte 0, so it is normalised like black', () => {
    const out = new Float32Array(1);
    imageWriter(Uint8Array.of(9), [1, 1, 1], { mean: [10], std: [2] }, 'zero')(
      0,
      { down: 1, right: 0, flip: false },
      out,
      0,
    );
    expect(out[0]).toBe(-5);
  });

  test('crops are drawn from all (2 pad + 1)² places, flips from both', () => {
    const next = random(5, streams.augment, 0);
    const seen = new Set<string>();
    for (let i = 0; i < 5000; i++)
      seen.add(JSON.stringify(drawCrop(next, { padCrop: { pad: 2 }, flip: true })));
    expect(seen.size).toBe(5 * 5 * 2);
    for (let i = 0; i < 20; i++) expect(drawCrop(next, {})).toEqual({ down: 0, right: 0, flip: false });
  });

  test.each([-1, 1.5, 4])('pad %d for a 3×5 image is refused', (pad) => {
    expect(() => checkPadCrop({ pad }, [3, 5, 1])).toThrow(
      expect.objectContaining({ code: 'DATASET_BAD_AUGMENT' }),
    );
  });
});
