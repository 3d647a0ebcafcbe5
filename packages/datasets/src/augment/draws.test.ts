// What is drawn, and how often: ranges, probabilities and independence, with fixed seeds.
import { describe, expect, test } from 'vitest';
import { beta, normal, uniform } from '../draws';
import { type Augment, trainingBatch, trainingDraws } from '../index';
import { type Random, random } from '../random';
import type { MemorySplit } from '../types';
import { drawMotion } from './affine';
import { drawCutMix } from './cutmix';
import { drawMix } from './mix';
import { drawOperation } from './rand-augment';
import { randomErasingOp } from './random-erasing';
import { drawBox } from './random-resized-crop';

const DRAWS = 20_000;
const many = <T>(draw: (next: Random) => T) =>
  Array.from({ length: DRAWS }, (_, i) => draw(random(7, 99, i)));
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
const variance = (values: readonly number[]) => mean(values.map((value) => (value - mean(values)) ** 2));

describe('distributions, 20,000 draws each', () => {
  test('uniform and normal', () => {
    expect(mean(many(uniform))).toBeCloseTo(0.5, 2);
    const values = many(normal);
    expect(mean(values)).toBeCloseTo(0, 1);
    expect(variance(values)).toBeCloseTo(1, 1);
  });

  test.each([0.2, 1, 4])('Beta(%d, same): mean 1/2, variance 1/(8α + 4)', (alpha) => {
    const values = many((next) => beta(next, alpha));
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(mean(values)).toBeCloseTo(0.5, 1);
    expect(variance(values)).toBeCloseTo(1 / (8 * alpha + 4), 2);
  });
});

describe('operations', () => {
  test('random resized crops: shares and ratios in their ranges, every place', () => {
    const boxes = many((next) => drawBox(next, [64, 64], { scale: [0.2, 0.6] }));
    for (const { top, left, height, width } of boxes) {
      expect(Math.min(top, left)).toBeGreaterThanOrEqual(0);
      expect(Math.max(top + height, left + width)).toBeLessThanOrEqual(64);
      expect(width / height).toBeGreaterThan(0.7);
      expect(width / height).toBeLessThan(1.43);
    }
    const shares = boxes.map(({ height, width }) => (height * width) / 4096);
    expect(mean(shares)).toBeCloseTo(0.4, 1);
    expect(Math.min(...shares)).toBeGreaterThan(0.18);
    expect(Math.max(...shares)).toBeLessThan(0.63);
    expect(Math.min(...boxes.map(({ top, left }) => Math.max(top, left)))).toBe(0);
    // Nothing of that ratio fits: the largest in the middle.
    const box = drawBox(random(1, 4, 0), [64, 8], { scale: [1, 1], ratio: [1, 1] });
    expect(box).toEqual({ top: 28, left: 0, height: 8, width: 8 });
  });

  test('motions: degrees, shifts and scales in their ranges', () => {
    const options = { degrees: 15, translate: [0.1, 0.25], scale: [0.5, 2], shear: 10 } as const;
    const motions = many((next) => drawMotion(next, [20, 40, 3], options));
    const range = (values: number[]) => [Math.min(...values), Math.max(...values)] as const;
    const angles = range(motions.map(({ angle = 0 }) => angle));
    expect(angles[0]).toBeCloseTo(-15, 1);
    expect(angles[1]).toBeCloseTo(15, 1);
    expect(range(motions.map(({ translate: [x] = [0, 0] }) => x))).toEqual([-4, 4]);
    expect(range(motions.map(({ translate: [, y] = [0, 0] }) => y))).toEqual([-5, 5]);
    expect(mean(motions.map(({ scale = 0 }) => scale))).toBeCloseTo(1.25, 1);
  });

  test('RandAugment: all fourteen alike, both signs, magnitudes about m', () => {
    const draws = many((next) => drawOperation(next, 14, 9, 0.5));
    for (let which = 0; which < 14; which++)
      expect(draws.filter((draw) => draw.which === which).length / DRAWS).toBeCloseTo(1 / 14, 1.8);
    expect(mean(draws.map(({ sign }) => sign))).toBeCloseTo(0, 1);
    expect(mean(draws.map(({ magnitude }) => magnitude))).toBeCloseTo(9, 1);
    expect(many((next) => drawOperation(next, 14, 30, 20)).every(({ magnitude }) => magnitude <= 30)).toBe(
      true,
    );
  });

  test('random erasing: its share of images, of their area; zeros or noise', () => {
    const erase = randomErasingOp([32, 32, 1], {}, 'unit');
    const shares = many((next) => {
      const image = new Float32Array(1024).fill(2);
      erase(image, next);
      return image.filter((value) => value === 0).length / 1024;
    });
    const erased = shares.filter((share) => share > 0);
    expect(erased.length / DRAWS).toBeCloseTo(0.5, 1);
    expect(mean(erased)).toBeCloseTo(0.175, 1);
    expect(Math.max(...erased)).toBeLessThan(0.36);
    for (const [normalize, low, high] of [
      ['none', 0, 255],
      ['unit', 0, 1],
      [{ mean: [0], std: [1] }, -9, 9],
    ] as const) {
      const image = new Float32Array(1024).fill(Number.NaN);
      randomErasingOp([32, 32, 1], { p: 1, value: 'random' }, normalize)(image, random(3, 11, 0));
      const noise = [...image].filter((value) => !Number.isNaN(value));
      expect(noise.every((value) => value >= low && value <= high)).toBe(true);
      expect(Math.sqrt(variance(noise))).toBeGreaterThan(0.2 * Math.min(1, high));
    }
  });

  test('CutMix: λ is the area left', () => {
    for (const { box, share } of many((next) => drawCutMix(next, [20, 30, 3], { alpha: 1 }))) {
      expect(share).toBeCloseTo(1 - (box.height * box.width) / 600, 12);
      expect(Math.min(box.top, box.left, box.height, box.width)).toBeGreaterThanOrEqual(0);
    }
  });
});

/** Image i is i + 1 everywhere. */
const flat: MemorySplit = {
  count: 7,
  shape: [6, 5, 1],
  images: Uint8Array.from({ length: 7 * 30 }, (_, i) => Math.floor(i / 30) + 1),
  labels: Int32Array.from({ length: 7 }, (_, i) => i),
};
const batchOf = (augment: Augment, step: number, split = flat, batchSize = 7) =>
  trainingBatch(split, step, { batchSize, seed: 5, augment });

describe('mixing', () => {
  test('mixup: images and labels by one λ, with the batch in reverse', async () => {
    for (let step = 0; step < 20; step++) {
      const { images, labels, mixed } = await batchOf({ mixup: { alpha: 1 } }, step);
      const { share = -1 } = mixed ?? {};
      expect([...(mixed?.labels ?? [])]).toEqual([...labels].reverse());
      for (let i = 0; i < 7; i++)
        expect(images[i * 30]).toBeCloseTo(share * (labels[i]! + 1) + (1 - share) * (labels[6 - i]! + 1), 5);
    }
  });

  test('CutMix: a rectangle of the other image, λ its rest', async () => {
    for (let step = 0; step < 20; step++) {
      const { images, labels, mixed } = await batchOf({ cutmix: { alpha: 1 } }, step);
      for (const i of [0, 1, 2, 4, 5, 6]) {
        const image = images.subarray(i * 30, (i + 1) * 30);
        const own = image.filter((value) => value === labels[i]! + 1).length;
        const other = image.filter((value) => value === labels[6 - i]! + 1).length;
        expect(own + other).toBe(30);
        expect(own / 30).toBeCloseTo(mixed?.share ?? -1, 12);
      }
    }
  });

  test('both: each for half of the batches; p: only so many', () => {
    const options = { mixup: { alpha: 1, p: 0.5 }, cutmix: { alpha: 1 } };
    const steps = [...Array(2000).keys()];
    const mixes = steps.map((step) => drawMix(1, step, options, [8, 8, 1]));
    expect(mixes.filter((mix) => mix === undefined).length / 2000).toBeCloseTo(0.25, 1);
    expect(drawMix(1, 0, {}, [8, 8, 1])).toBeUndefined();
  });
});

describe('streams', () => {
  const split: MemorySplit = {
    count: 12,
    shape: [9, 8, 3],
    images: Uint8Array.from({ length: 12 * 216 }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 24) & 255),
    labels: Int32Array.from({ length: 12 }, (_, i) => i % 4),
  };
  const every: Augment = {
    padCrop: { pad: 2 },
    randomResizedCrop: { scale: [0.4, 1] },
    flip: true,
    verticalFlip: true,
    affine: { degrees: 20 },
    randAugment: { std: 1 },
    colorJitter: { brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.2 },
    grayscale: { p: 0.3 },
    cutout: { size: 3 },
    randomErasing: { value: 'random' },
    mixup: { alpha: 0.5, p: 0.5 },
    cutmix: { alpha: 1 },
  };

  test('a batch depends on seed and step alone, whatever was asked for before; images of a batch differ', async () => {
    const batch = await batchOf(every, 4, split, 6);
    await batchOf(every, 1, split, 6);
    expect(await batchOf(every, 4, split, 6)).toEqual(batch);
    expect(await batchOf(every, 2, split, 6)).not.toEqual(batch);
    const same = { ...split, images: split.images.slice(0, 216), count: 1, labels: split.labels.slice(0, 1) };
    const copies = {
      ...split,
      images: Uint8Array.from({ length: 12 * 216 }, (_, i) => same.images[i % 216]!),
    };
    const { images } = await batchOf({ affine: { degrees: 90 } }, 0, copies, 6);
    expect(
      new Set([...Array(6).keys()].map((i) => images.subarray(i * 216, (i + 1) * 216).join())).size,
    ).toBe(6);
  });

  test('one operation more leaves the others’ draws as they were', async () => {
    const erased = async (augment: Augment) => {
      const { images } = await batchOf({ ...augment, randomErasing: { p: 1 } }, 3, split, 6);
      return [...images.keys()].filter((i) => images[i] === 0);
    };
    const alone = new Set(await erased({ colorJitter: { brightness: 0.2 } }));
    const more = new Set(
      await erased({ colorJitter: { brightness: 0.2 }, affine: { scale: [0.9, 0.9] }, verticalFlip: true }),
    );
    // Its rectangles are the same; a motion adds black of its own.
    const kept = [...alone].filter((i) => more.has(i)).length;
    expect(kept / alone.size).toBeGreaterThan(0.95);
  });

  test('draws for looking at are those of the batches', async () => {
    const options = { batchSize: 5, seed: 5, augment: every, normalize: 'unit' as const };
    const { shape, draws } = await trainingDraws(split, 3, 6, options);
    expect(shape).toEqual([9, 8, 3]);
    expect(draws).toHaveLength(6);
    for (const { step, place, image, mixed } of draws) {
      const batch = await trainingBatch(split, step, options);
      expect(batch.labels[place]).toBe(split.labels[3]);
      expect([...image]).toEqual([...batch.images.subarray(place * 216, (place + 1) * 216)]);
      expect(mixed).toEqual(batch.mixed && { label: batch.mixed.labels[place], share: batch.mixed.share });
    }
  });
});
