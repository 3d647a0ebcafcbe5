// Each operation against a plain slow reference of its own words. (Against Pillow and torchvision: golden.test.ts.)
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { random } from '../random';
import type { ImageShape } from '../types';
import { type Interpolation, type Motion, readingMatrix, sampler } from './affine';
import { autoContrast } from './auto-contrast';
import { brightness } from './brightness';
import { contrast } from './contrast';
import { cutoutOp } from './cutout';
import { equalize } from './equalize';
import { hue } from './hue';
import { posterize } from './posterize';
import { saturation } from './saturation';
import { sharpness } from './sharpness';
import { solarize } from './solarize';

const side = fc.integer({ min: 1, max: 9 });
const images = fc
  .record({ height: side, width: side, channels: fc.constantFrom(1, 3) })
  .chain(({ height, width, channels }) =>
    fc.record({
      shape: fc.constant([height, width, channels] as ImageShape),
      image: fc.uint8Array({ minLength: height * width * channels, maxLength: height * width * channels }),
    }),
  );
const grey = (r: number, g: number, b: number) => 0.299 * r + 0.587 * g + 0.114 * b;
const cut = (value: number) => Math.min(255, Math.max(0, value));
const near = (met: ArrayLike<number>, wanted: readonly number[], levels: number) => {
  expect(met.length).toBe(wanted.length);
  for (const [i, value] of wanted.entries()) expect(Math.abs(met[i]! - value)).toBeLessThanOrEqual(levels);
};
const pixelsOf = (image: Uint8Array, channels: number) =>
  Array.from({ length: image.length / channels }, (_, i) => [
    ...image.subarray(i * channels, (i + 1) * channels),
  ]);

describe('colours', () => {
  test('brightness, contrast, saturation: blends with black, the mean grey, each pixel’s grey', () => {
    fc.assert(
      fc.property(
        images,
        fc.double({ min: 0, max: 3, noNaN: true }),
        ({ image, shape: [, , channels] }, factor) => {
          const pixels = pixelsOf(image, channels);
          const greys = pixels.map(([r, g = r, b = r]) => grey(r!, g!, b!));
          const mean = greys.reduce((a, b) => a + b) / greys.length;
          const blended = (degenerate: (i: number) => number) =>
            [...image].map((byte, i) => cut(degenerate(i) + factor * (byte - degenerate(i))));
          // Each rounds its grey, and the result, to a byte.
          const levels = 1.1 + 1.5 * Math.abs(1 - factor);
          const after = (change: (copy: Uint8Array) => void) => {
            const copy = image.slice();
            change(copy);
            return copy;
          };
          near(
            after((copy) => brightness(copy, factor)),
            blended(() => 0),
            1.1,
          );
          near(
            after((copy) => contrast(copy, channels, factor)),
            blended(() => mean),
            levels,
          );
          if (channels === 3)
            near(
              after((copy) => saturation(copy, factor)),
              blended((i) => greys[Math.floor(i / 3)]!),
              levels,
            );
        },
      ),
      { numRuns: 150 },
    );
  });

  test('hue: a turn of HSV', () => {
    const turned = ([r, g, b]: number[], shift: number) => {
      const [most, least] = [Math.max(r!, g!, b!), Math.min(r!, g!, b!)];
      const range = most - least || 1;
      const sixths =
        most === r ? (g! - b!) / range : most === g ? 2 + (b! - r!) / range : 4 + (r! - g!) / range;
      const saturation = most === 0 ? 0 : (most - least) / most;
      // f(n) = V - V S max(0, min(k, 4 - k, 1)), k = (n + H/60°) mod 6
      return [5, 3, 1].map((n) => {
        const k = (((n + sixths + 6 * shift) % 6) + 6) % 6;
        return most - most * saturation * Math.max(0, Math.min(k, 4 - k, 1));
      });
    };
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 3, maxLength: 3 }),
        fc.double({ min: -0.5, max: 0.5, noNaN: true }),
        (pixel, shift) => {
          const wanted = turned([...pixel], shift);
          hue(pixel, shift);
          near(pixel, wanted, 0.51);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('posterize keeps bits, solarize inverts from the threshold on', () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    for (const bits of [0, 1, 4, 8]) {
      const image = all.slice();
      posterize(image, bits);
      expect([...image]).toEqual([...all].map((byte) => byte - (byte % 2 ** (8 - bits))));
    }
    const image = all.slice();
    solarize(image, 128);
    expect([...image]).toEqual([...all].map((byte) => (byte < 128 ? byte : 255 - byte)));
  });

  test('autocontrast: channel by channel, from 0 to 255; one byte alone stays', () => {
    fc.assert(
      fc.property(images, ({ image, shape: [, , channels] }) => {
        const columns = Array.from({ length: channels }, (_, c) =>
          [...image].filter((_, i) => i % channels === c),
        );
        const [low, high] = [
          columns.map((each) => Math.min(...each)),
          columns.map((each) => Math.max(...each)),
        ];
        const wanted = [...image].map((byte, i) => {
          const [from, to] = [low[i % channels]!, high[i % channels]!];
          return to === from ? byte : ((byte - from) * 255) / (to - from);
        });
        autoContrast(image, channels);
        near(image, wanted, 1);
      }),
    );
  });

  test('equalize: as many bytes in each part of the scale; too few bytes stay as they are', () => {
    const image = Uint8Array.from({ length: 256 * 16 }, (_, i) => Math.floor(64 * (i / 4096) ** 2) + 20);
    equalize(image, 1);
    for (const part of [64, 128, 192]) {
      const share = image.filter((byte) => byte < part).length / image.length;
      expect(Math.abs(share - part / 256)).toBeLessThan(0.07);
    }
    // Order is kept.
    for (let i = 1; i < image.length; i++) expect(image[i]).toBeGreaterThanOrEqual(image[i - 1]!);
    const few = Uint8Array.of(1, 2, 3, 4);
    equalize(few, 1);
    expect([...few]).toEqual([1, 2, 3, 4]);
  });

  test('sharpness: a blend with the mean of 3×3, the middle five times; the outermost pixels stay', () => {
    fc.assert(
      fc.property(images, fc.double({ min: 0, max: 2, noNaN: true }), ({ image, shape }, factor) => {
        const [height, width, channels] = shape;
        const at = (y: number, x: number, c: number) => image[(y * width + x) * channels + c]!;
        const wanted: number[] = [];
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++)
            for (let c = 0; c < channels; c++) {
              let sum = 4 * at(y, x, c);
              const inside = y > 0 && x > 0 && y < height - 1 && x < width - 1;
              if (inside)
                for (const dy of [-1, 0, 1]) for (const dx of [-1, 0, 1]) sum += at(y + dy, x + dx, c);
              const smooth = inside ? sum / 13 : at(y, x, c);
              wanted.push(cut(smooth + factor * (at(y, x, c) - smooth)));
            }
        const met = image.slice();
        sharpness(met, shape, factor, new Uint8Array(image.length));
        near(met, wanted, 1.6);
      }),
      { numRuns: 60 },
    );
  });
});

describe('motions', () => {
  const motions = fc.record({
    angle: fc.double({ min: -180, max: 180, noNaN: true }),
    translate: fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 })),
    scale: fc.double({ min: 0.5, max: 2, noNaN: true }),
    shear: fc.tuple(fc.integer({ min: -30, max: 30 }), fc.integer({ min: -30, max: 30 })),
  });

  /** Where a pixel of the image comes to lie: scaled, sheared, turned about the middle, then shifted. */
  function forward(
    { angle = 0, translate, scale = 1, shear, center }: Required<Motion>,
    x: number,
    y: number,
  ) {
    const [turn, sx, sy] = [angle, ...shear].map((degrees) => (degrees * Math.PI) / 180) as [
      number,
      number,
      number,
    ];
    const [dx, dy] = [scale * (x - center[0]), scale * (y - center[1])];
    // R(turn) · [shear along y] · [shear along x], as torchvision writes them.
    const ax = dx - Math.tan(sx) * dy;
    const [rx, ry] = [
      (Math.cos(turn - sy) / Math.cos(sy)) * ax - Math.sin(turn) * dy,
      (Math.sin(turn - sy) / Math.cos(sy)) * ax + Math.cos(turn) * dy,
    ];
    return [rx + center[0] + translate[0], ry + center[1] + translate[1]] as const;
  }

  test('the matrix reads where the motion came from', () => {
    fc.assert(
      fc.property(motions, fc.integer(), fc.integer(), (motion, salt, other) => {
        const [x, y] = [salt % 20, other % 20];
        const full = { ...motion, center: [4.5, 3] as const };
        const [a, b, c, d, e, f] = readingMatrix(full);
        const [toX, toY] = forward(full, x, y);
        expect(a * toX + b * toY + c).toBeCloseTo(x, 6);
        expect(d * toX + e * toY + f).toBeCloseTo(y, 6);
      }),
    );
  });

  test.each(['nearest', 'bilinear'] as const)(
    '%s sampling, output by output',
    (interpolation: Interpolation) => {
      fc.assert(
        fc.property(images, motions, ({ image, shape }, motion) => {
          const [height, width, channels] = shape;
          const matrix = readingMatrix({ ...motion, center: [width / 2, height / 2] });
          const [a, b, c, d, e, f] = matrix;
          const out = new Uint8Array(image.length);
          sampler(shape, interpolation)(image, matrix, out);
          const at = (y: number, x: number, k: number) =>
            image[
              (Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))) *
                channels +
                k
            ]!;
          for (let y = 0; y < height; y++)
            for (let x = 0; x < width; x++) {
              const [px, py] = [a * (x + 0.5) + b * (y + 0.5) + c, d * (x + 0.5) + e * (y + 0.5) + f];
              // Where rounding decides between two pixels either is right.
              if ([px, py].some((p) => Math.abs(p - Math.round(p)) < 1e-3)) continue;
              const inside = px > 0 && px < width && py > 0 && py < height;
              const [x0, y0] = [Math.floor(px - 0.5), Math.floor(py - 0.5)];
              for (let k = 0; k < channels; k++) {
                const mixed = [0, 1].map((dy) => [0, 1].map((dx) => at(y0 + dy, x0 + dx, k)));
                const [u, v] = [px - 0.5 - x0, py - 0.5 - y0];
                const between =
                  (mixed[0]![0]! * (1 - u) + mixed[0]![1]! * u) * (1 - v) +
                  (mixed[1]![0]! * (1 - u) + mixed[1]![1]! * u) * v;
                const wanted = interpolation === 'nearest' ? at(Math.floor(py), Math.floor(px), k) : between;
                expect(
                  Math.abs(out[(y * width + x) * channels + k]! - (inside ? wanted : 0)),
                ).toBeLessThanOrEqual(0.51);
              }
            }
        }),
        { numRuns: 150 },
      );
    },
  );
});

test('cutout: squares of the size, about uniform pixels, cut off at the edge', () => {
  const [height, width] = [7, 9];
  const covered = new Int32Array(height * width);
  for (let draw = 0; draw < 4000; draw++) {
    const image = new Float32Array(height * width).fill(1);
    cutoutOp([height, width, 1], { size: 4 })(image, random(1, 10, draw));
    const zeros = [...image.keys()].filter((i) => image[i] === 0);
    expect(zeros.length).toBeGreaterThanOrEqual(4);
    expect(zeros.length).toBeLessThanOrEqual(16);
    const [xs, ys] = [zeros.map((i) => i % width), zeros.map((i) => Math.floor(i / width))];
    const area = (Math.max(...xs) - Math.min(...xs) + 1) * (Math.max(...ys) - Math.min(...ys) + 1);
    expect(zeros.length).toBe(area);
    for (const i of zeros) covered[i]!++;
  }
  // A pixel in the middle lies in 4·4 of the 63 squares.
  expect(covered[3 * width + 4]! / 4000).toBeCloseTo(16 / 63, 1);
});
