// Which images of a listing are used: those of chosen classes, the first of each class, and a seeded part to test on.

import { NeusimError } from '@neusim/registry';
import * as v from 'valibot';
import { permutation, random, streams } from '../random';

interface Labelled {
  readonly label: number;
}

/** Options of readers that divide images themselves. */
export const splitEntries = {
  /** Share of each class to test on. */
  test: v.optional(v.pipe(v.number(), v.gtValue(0), v.ltValue(1)), 0.2),
  /** Of the choice. */
  seed: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 0),
};

/** Names of classes to keep, in place of all; they keep their order. */
export const classesSchema = v.optional(v.pipe(v.array(v.string()), v.minLength(1)));

/** @throws NeusimError `DATASET_UNKNOWN_CLASS` */
export function chooseClasses(
  dataset: string,
  known: readonly string[],
  wanted: readonly string[] | undefined,
): string[] {
  if (!wanted) return [...known];
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const some = known.slice(0, 20).join(', ');
    throw new NeusimError('DATASET_UNKNOWN_CLASS', `${dataset} has no class "${unknown}"`, {
      data: { dataset, class: unknown, known },
      hint: `known: ${some}${known.length > 20 ? ' …' : ''}`,
    });
  }
  return known.filter((name) => wanted.includes(name));
}

/**
 * As many images as `limit` says, of each class as evenly as there are: the first of every class, then the second, in
 * their own order again.
 */
export function evenly<T extends Labelled>(images: readonly T[], limit: number | undefined): readonly T[] {
  if (limit === undefined || limit >= images.length) return images;
  const seen = new Map<number, number>();
  const ranked = images.map((image, index) => {
    const rank = seen.get(image.label) ?? 0;
    seen.set(image.label, rank + 1);
    return { image, index, rank };
  });
  const kept = ranked.sort((a, b) => a.rank - b.rank || a.index - b.index).slice(0, limit);
  return kept.sort((a, b) => a.index - b.index).map(({ image }) => image);
}

/**
 * A seeded part of every class to test on: one image at least of a class that has two, and never all.
 * @param test share, 0..1
 */
export function divide<T extends Labelled>(
  images: readonly T[],
  { test, seed }: { readonly test: number; readonly seed: number },
): { train: readonly T[]; test: readonly T[] } {
  const byLabel = new Map<number, number[]>();
  for (const [index, { label }] of images.entries()) {
    const own = byLabel.get(label) ?? [];
    byLabel.set(label, own);
    own.push(index);
  }
  const tested = new Set<number>();
  for (const [label, own] of byLabel) {
    const most = own.length - 1;
    const count = Math.min(most, Math.max(1, Math.round(own.length * test)));
    const order = permutation(random(seed, streams.split, label), own.length);
    for (const place of order.subarray(0, count)) tested.add(own[place] as number);
  }
  return {
    train: images.filter((_, index) => !tested.has(index)),
    test: images.filter((_, index) => tested.has(index)),
  };
}
