import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batches, evaluationBatches, stepsPerEpoch, trainingBatch } from './index';
import type { MemorySplit } from './types';

/** Image i has label i, and pixels 3 i, 3 i + 1, … modulo 256. */
function numbered(count: number): MemorySplit {
  const images = Uint8Array.from({ length: count * 12 }, (_, i) => (3 * Math.floor(i / 12) + (i % 12)) % 256);
  return { count, shape: [2, 3, 2], images, labels: Int32Array.from({ length: count }, (_, i) => i) };
}

const augment = { padCrop: { pad: 2, mode: 'mirror' }, flip: true } as const;
/** All of what a pass gives. */
const gathered = async <T>(pass: Iterable<Promise<T>>): Promise<T[]> => {
  const all: T[] = [];
  for await (const each of pass) all.push(each);
  return all;
};

const sorted = (labels: Iterable<number>) => [...labels].sort((a, b) => a - b);

describe('training batches', () => {
  test('the batch of a step depends on seed and step alone, in whatever order steps are asked for', async () => {
    const steps = fc.array(fc.nat(40), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.nat(),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        async (asked, seed, batchSize, dropLast) => {
          const options = { batchSize, seed, augment, dropLast };
          const run = numbered(11);
          for (const step of asked) {
            const batch = await trainingBatch(run, step, options);
            expect(batch).toEqual(await trainingBatch(numbered(11), step, options));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('an epoch shows every image once (dropLast: all but the rest), with its own pixels', async () => {
    const sizes = fc.record({
      count: fc.integer({ min: 1, max: 60 }),
      batchSize: fc.integer({ min: 1, max: 20 }),
    });
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.nat(),
        fc.nat(5),
        fc.boolean(),
        async ({ count, batchSize }, seed, epoch, dropLast) => {
          fc.pre(!dropLast || count >= batchSize);
          const split = numbered(count);
          const all = await gathered(batches(split, { batchSize, seed, epoch, dropLast }));
          expect(all).toHaveLength(stepsPerEpoch(split, { batchSize, dropLast }));
          const labels = all.flatMap((batch) => [...batch.labels]);
          expect(new Set(labels).size).toBe(labels.length);
          expect(labels.length).toBe(dropLast ? count - (count % batchSize) : count);
          for (const batch of all) {
            expect(batch.shape).toEqual([batch.count, 2, 3, 2]);
            for (const [i, label] of batch.labels.entries()) {
              expect([...batch.images.subarray(i * 12, (i + 1) * 12)]).toEqual([
                ...split.images.subarray(label * 12, (label + 1) * 12),
              ]);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('epochs differ, seeds differ, and without shuffling the order is the split’s', async () => {
    const split = numbered(50);
    const epoch = async (seed: number, number: number, shuffle = true) =>
      (await gathered(batches(split, { batchSize: 10, seed, epoch: number, shuffle }))).flatMap(
        ({ labels }) => [...labels],
      );
    expect(await epoch(1, 0)).not.toEqual(await epoch(1, 1));
    expect(await epoch(1, 0)).not.toEqual(await epoch(2, 0));
    expect(await epoch(1, 3, false)).toEqual([...Array(50).keys()]);
  });

  test('augmentation differs from step to step and touches no label', async () => {
    const split = numbered(4);
    const options = { batchSize: 4, seed: 9, augment, shuffle: false };
    const [first, second] = [await trainingBatch(split, 0, options), await trainingBatch(split, 1, options)];
    expect(first.labels).toEqual(second.labels);
    expect(first.images).not.toEqual(second.images);
  });

  test('crops and flips are those that runs before there were other operations had', async () => {
    const images = Uint8Array.from({ length: 50 * 8 * 6 * 3 }, (_, i) => (i * 37 + (i >> 5)) % 256);
    const labels = Int32Array.from({ length: 50 }, (_, i) => i);
    const split: MemorySplit = { count: 50, shape: [8, 6, 3], images, labels };
    const options = { batchSize: 9, seed: 5, augment: { padCrop: { pad: 2 }, flip: true } };
    const batch = await trainingBatch(split, 7, options);
    expect([...batch.labels]).toEqual([41, 14, 33, 36, 30, 38, 1, 16, 24]);
    expect(createHash('sha256').update(Uint8Array.from(batch.images)).digest('hex')).toBe(
      '840125179bf7eb5b7f0f24c67f27b39e8b8d50f98afdfc2f5cd7835dc9426954',
    );
  });

  test('normalising acts per channel', async () => {
    const split = numbered(1);
    const normalize = { mean: [1, 2], std: [2, 4] };
    const { images } = await trainingBatch(split, 0, { batchSize: 1, seed: 0, normalize });
    expect([...images.subarray(0, 4)]).toEqual([-0.5, -0.25, 0.5, 0.25]);
  });

  test.each([
    [{ batchSize: 0 }, 0, 'DATASET_BAD_BATCH'],
    [{ batchSize: 1.5 }, 0, 'DATASET_BAD_BATCH'],
    [{ batchSize: 11 }, 0, 'DATASET_BAD_BATCH'],
    [{ batchSize: 2 }, -1, 'DATASET_BAD_BATCH'],
    [{ batchSize: 2 }, 0.5, 'DATASET_BAD_BATCH'],
    [{ batchSize: 2, seed: -1 }, 0, 'DATASET_BAD_SEED'],
    [{ batchSize: 2, augment: { padCrop: { pad: 3 } } }, 0, 'DATASET_BAD_AUGMENT'],
    [{ batchSize: 2, normalize: { mean: [1], std: [1] } }, 0, 'DATASET_BAD_NORMALIZE'],
    [{ batchSize: 2, normalize: 'dataset' as const }, 0, 'DATASET_BAD_NORMALIZE'],
    [{ batchSize: 2, transform: { centerCrop: 3 } }, 0, 'DATASET_BAD_TRANSFORM'],
  ])('%j at step %d: %s', async (options, step, code) => {
    await expect(trainingBatch(numbered(10), step, { seed: 0, ...options })).rejects.toMatchObject({ code });
  });
});

describe('evaluation batches', () => {
  test('are transformed as training batches without augmentation are', async () => {
    const split = numbered(5);
    const transform = { resize: [4, 5], centerCrop: [4, 3] } as const;
    const [batch] = await gathered(evaluationBatches(split, 5, 'unit', transform));
    const options = { batchSize: 5, seed: 0, shuffle: false, transform, normalize: 'unit' } as const;
    expect(batch).toEqual(await trainingBatch(split, 0, options));
    expect(batch?.shape).toEqual([5, 4, 3, 2]);
  });

  test('are one exact pass in order, the last one as small as it must be', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(30), fc.integer({ min: 1, max: 12 }), async (count, batchSize) => {
        const split = numbered(count);
        const all = await gathered(evaluationBatches(split, batchSize));
        expect(all.map((batch) => batch.count)).toEqual(
          Array.from({ length: Math.ceil(count / batchSize) }, (_, i) =>
            Math.min(batchSize, count - i * batchSize),
          ),
        );
        expect(sorted(all.flatMap((batch) => [...batch.labels]))).toEqual([...Array(count).keys()]);
        expect(all.flatMap((batch) => [...batch.images])).toEqual([...split.images]);
      }),
      { numRuns: 50 },
    );
  });
});
