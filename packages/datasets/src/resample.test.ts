// Against a plain resampling in floating point: within a level, whatever the sizes, the part that is kept, the mirrors.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inputShapeOf } from './index';
import { bilinearTaps, ResampleBuffer, resample } from './resample';
import { transformedShape, transformImages } from './transform';
import type { ImageShape } from './types';

/** A triangle about each output's middle, as wide as an output pixel or an input pixel, whichever is more. */
function weightsOf(input: number, output: number, at: number): number[] {
  const scale = input / output;
  const half = Math.max(scale, 1);
  const raw = Array.from({ length: input }, (_, i) =>
    Math.max(0, 1 - Math.abs(i + 0.5 - (at + 0.5) * scale) / half),
  );
  const sum = raw.reduce((a, b) => a + b);
  return raw.map((weight) => weight / sum);
}

function oracle(image: Uint8Array, [height, width, channels]: ImageShape, to: readonly [number, number]) {
  const out: number[] = [];
  for (let y = 0; y < to[0]; y++)
    for (let x = 0; x < to[1]; x++)
      for (let c = 0; c < channels; c++) {
        const [rows, columns] = [weightsOf(height, to[0], y), weightsOf(width, to[1], x)];
        let sum = 0;
        for (const [i, row] of rows.entries())
          for (const [j, column] of columns.entries())
            sum += row * column * image[(i * width + j) * channels + c]!;
        out.push(sum);
      }
  return out;
}

const side = fc.integer({ min: 1, max: 12 });
const sizes = fc.record({
  height: side,
  width: side,
  toHeight: side,
  toWidth: side,
  channels: fc.constantFrom(1, 2, 3),
});
const noise = (length: number, salt: number) =>
  Uint8Array.from({ length }, (_, i) => (Math.imul(i + salt, 2654435761) >>> 24) & 255);

test('resizing, 200 sizes: within 1 level of floating point', () => {
  fc.assert(
    fc.property(sizes, fc.nat(), ({ height, width, toHeight, toWidth, channels }, salt) => {
      const image = noise(height * width * channels, salt);
      const { images, shape } = transformImages(image, [height, width, channels], {
        resize: [toHeight, toWidth],
      });
      expect(shape).toEqual([toHeight, toWidth, channels]);
      const wanted = oracle(image, [height, width, channels], [toHeight, toWidth]);
      expect(images.length).toBe(wanted.length);
      for (const [i, value] of images.entries())
        expect(Math.abs(value - wanted[i]!)).toBeLessThanOrEqual(1.01);
    }),
    { numRuns: 200 },
  );
});

test('a part, mirrored: the same bytes as all of it, cut and mirrored', () => {
  fc.assert(
    fc.property(
      sizes,
      fc.nat(),
      fc.boolean(),
      ({ height, width, toHeight, toWidth, channels }, salt, mirror) => {
        const image = noise(height * width * channels, salt);
        const source = { bytes: image, start: 0, stride: width * channels };
        const whole = new Uint8Array(toHeight * toWidth * channels);
        const buffer = new ResampleBuffer();
        resample(
          source,
          channels,
          bilinearTaps(height, toHeight),
          bilinearTaps(width, toWidth),
          whole,
          buffer,
        );
        const [top, left] = [salt % toHeight, (salt >> 3) % toWidth];
        const [rows, columns] = [toHeight - top, toWidth - left];
        const part = new Uint8Array(rows * columns * channels);
        const [down, right] = [
          bilinearTaps(height, toHeight, { start: top, length: rows, mirror }),
          bilinearTaps(width, toWidth, { start: left, length: columns, mirror }),
        ];
        resample(source, channels, down, right, part, buffer);
        for (let y = 0; y < rows; y++)
          for (let x = 0; x < columns; x++)
            for (let c = 0; c < channels; c++) {
              const [fromY, fromX] = mirror ? [rows - 1 - y, columns - 1 - x] : [y, x];
              expect(part[(y * columns + x) * channels + c]).toBe(
                whole[((top + fromY) * toWidth + left + fromX) * channels + c],
              );
            }
      },
    ),
    { numRuns: 100 },
  );
});

describe('shapes', () => {
  test.each([
    [{}, [30, 47, 3]],
    [{ resize: 20 }, [20, 31, 3]],
    [{ resize: [5, 7] }, [5, 7, 3]],
    [{ centerCrop: 16 }, [16, 16, 3]],
    [{ resize: 20, centerCrop: [8, 30] }, [8, 30, 3]],
  ] as const)('30×47 by %j: %j', (transform, wanted) => {
    expect(transformedShape([30, 47, 3], transform)).toEqual(wanted);
    expect(transformedShape([47, 30, 3], { resize: 20 })).toEqual([31, 20, 3]);
  });

  test.each([
    [{ centerCrop: 31 }, {}, 'DATASET_BAD_TRANSFORM'],
    [{ resize: 4000 }, {}, 'DATASET_BAD_TRANSFORM'],
    [{ resize: 20 }, { randomResizedCrop: { size: 20 } }, 'DATASET_BAD_AUGMENT'],
    [{ centerCrop: 6 }, { padCrop: { pad: 7 } }, 'DATASET_BAD_AUGMENT'],
  ] as const)('30×47 by %j and %j: %s', (transform, augment, code) => {
    expect(() => inputShapeOf([30, 47, 3], transform, augment)).toThrow(expect.objectContaining({ code }));
  });

  test.each([
    [{ grayscale: {} }, 1],
    [{ colorJitter: { hue: 0.1 } }, 1],
    [{ colorJitter: { saturation: 0.1 } }, 4],
    [{ colorJitter: { contrast: 0.1 } }, 2],
    [{ randAugment: {} }, 2],
  ] as const)('%j is not for %d channels', (augment, channels) => {
    expect(() => inputShapeOf([8, 8, channels], {}, augment)).toThrow(
      expect.objectContaining({ code: 'DATASET_BAD_AUGMENT', data: expect.objectContaining({ channels }) }),
    );
    expect(
      inputShapeOf([8, 8, 1], {}, { randAugment: {}, colorJitter: { brightness: 1, contrast: 1 } }),
    ).toEqual([8, 8, 1]);
  });
});
