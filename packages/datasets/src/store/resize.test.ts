import * as platform from '@neusim/platform';
import fc from 'fast-check';
import { encode } from 'fast-png';
import { describe, expect, test } from 'vitest';
import { decodeToSize } from './decode';
import { type Box, type Pixels, resize } from './resize';

/** The formula itself: a mean weighted by a triangle around the centre of the output pixel, along both sides. */
function oracle(
  { height, width, data }: Pixels,
  channels: number,
  box: Box,
  [h, w]: readonly [number, number],
) {
  const weight = (centre: number, scale: number, at: number) =>
    Math.max(0, 1 - Math.abs(at + 0.5 - centre) / Math.max(scale, 1));
  const out: number[] = [];
  for (let i = 0; i < h; i++)
    for (let j = 0; j < w; j++)
      for (let c = 0; c < channels; c++) {
        let [sum, total] = [0, 0];
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++) {
            const down = weight(box.top + ((i + 0.5) * box.height) / h, box.height / h, y);
            const right = weight(box.left + ((j + 0.5) * box.width) / w, box.width / w, x);
            sum += down * right * data[(y * width + x) * channels + c]!;
            total += down * right;
          }
        out.push(sum / total);
      }
  return out;
}

const side = fc.integer({ min: 1, max: 9 });

test('any size to any size is the formula, to half a level', () => {
  fc.assert(
    fc.property(
      side,
      side,
      side,
      side,
      fc.constantFrom(1, 3),
      fc.nat(),
      (height, width, h, w, channels, seed) => {
        const data = Uint8Array.from(
          { length: height * width * channels },
          (_, i) => (seed + i * i * 31) % 256,
        );
        const image = { height, width, data };
        const box = { top: height / 8, left: 0, height: (height * 7) / 8, width: width / 2 };
        const found = resize(image, channels, box, [h, w]);
        for (const [at, value] of oracle(image, channels, box, [h, w]).entries())
          expect(Math.abs(found[at]! - value)).toBeLessThan(0.51);
      },
    ),
    { numRuns: 200 },
  );
});

test('a plain image stays plain, 1×40 to 3×5', () => {
  const image = { height: 1, width: 40, data: new Uint8Array(40).fill(200) };
  expect([...resize(image, 1, { top: 0, left: 0, height: 1, width: 40 }, [3, 5])]).toEqual(
    Array(15).fill(200),
  );
});

describe('fit', () => {
  /** 2×4: columns of 0, 80, 160, 240. */
  const png = encode({
    height: 2,
    width: 4,
    channels: 3,
    data: Uint8Array.from({ length: 24 }, (_, i) => 80 * (Math.floor(i / 3) % 4)),
  });
  const decode = async (options: object) => [
    ...(await decodeToSize(platform, png, {
      size: [2, 2],
      channels: 1,
      fit: 'crop',
      maxPixels: 8,
      ...options,
    })),
  ];

  test('crop keeps the middle of 2×4 as it is', async () => {
    expect(await decode({})).toEqual([80, 160, 80, 160]);
  });

  test('stretch takes all of it', async () => {
    // Weights 3/4, 3/4 and 1/4 of 0, 80 and 160 over their sum, and of the other end.
    const [low, high] = await decode({ fit: 'stretch' });
    expect(low).toBe(Math.round((0.75 * 80 + 0.25 * 160) / 1.75));
    expect(high).toBe(Math.round((0.25 * 80 + 0.75 * 160 + 0.75 * 240) / 1.75));
  });

  test('pad to 4×4 leaves two rows black', async () => {
    expect(await decode({ fit: 'pad', size: [4, 4] })).toEqual([
      ...Array(4).fill(0),
      ...[0, 80, 160, 240],
      ...[0, 80, 160, 240],
      ...Array(4).fill(0),
    ]);
  });

  test('grey is luma', async () => {
    const bytes = encode({ height: 1, width: 1, channels: 3, data: Uint8Array.of(255, 100, 10) });
    const options = { size: [1, 1], channels: 1, fit: 'crop', maxPixels: 1 } as const;
    expect([...(await decodeToSize(platform, bytes, options))]).toEqual([Math.round(76.245 + 58.7 + 1.14)]);
  });

  test('a side of 65,536 is refused', async () => {
    const bytes = encode({ height: 1, width: 65_536, channels: 1, data: new Uint8Array(65_536) });
    await expect(
      decodeToSize(platform, bytes, { size: [1, 1], channels: 1, fit: 'stretch', maxPixels: 1e6 }),
    ).rejects.toMatchObject({ code: 'PLATFORM_TOO_LARGE', data: { longest: 65_535 } });
  });
});
