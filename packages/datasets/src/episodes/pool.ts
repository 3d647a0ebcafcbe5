// Pools made of others: all images of a data set, some classes of a pool, several pools as one. Nothing is copied but
// features: images are read from where they are.

import { NeusimError } from '@neusim/registry';
import { readImages } from '../split';
import type { Dataset, Split } from '../types';
import { imagesByClass } from './class-images';
import { noImages } from './errors';
import { isFeaturePool } from './read-pool';
import type { ClassPool } from './types';

/** A pool with the name of its data set. */
export interface NamedPool extends ClassPool {
  readonly name: string;
  close?(): Promise<void>;
}

/** All images of a data set, those to train on first: its own division into images to train and to test on has no part in it. */
export function poolOf(dataset: Dataset): NamedPool {
  const { name, shape, classes, train, test } = dataset;
  const parts = [train, test];
  const images = { read: (indices: ArrayLike<number>) => readParts(parts, indices) };
  const labels = new Int32Array(train.count + test.count);
  labels.set(train.labels);
  labels.set(test.labels, train.count);
  const { nameOf } = train;
  const nameOfTest = test.nameOf;
  return {
    name,
    count: labels.length,
    shape,
    classes,
    images,
    labels,
    ...(nameOf &&
      nameOfTest && {
        nameOf: (index: number) => (index < train.count ? nameOf(index) : nameOfTest(index - train.count)),
      }),
    close: async () => dataset.close?.(),
  };
}

/**
 * Several pools of the same shape as one; classes of a name are one class. They come in the order of their names.
 * @throws NeusimError `EPISODE_BAD_POOL` for pools of several shapes, or of images and of features
 */
export function joinPools(pools: readonly ClassPool[]): ClassPool {
  const [first] = pools;
  if (!first) throw badJoin('no pool to join', {});
  const { shape } = first;
  const strange = pools.find((pool) => String(pool.shape) !== String(shape));
  if (strange)
    throw badJoin(`pools of the shapes [${shape}] and [${strange.shape}]`, {
      shapes: [shape, strange.shape],
    });
  if (pools.some((pool) => isFeaturePool(pool) !== isFeaturePool(first)))
    throw badJoin('pools of images and of features', {});
  const groups = new Map<string, string | undefined>();
  for (const pool of pools)
    for (const [label, name] of pool.classes.entries()) groups.set(name, pool.groups?.[label]);
  const classes = [...groups.keys()].sort();
  const labelOf = new Map(classes.map((name, label) => [name, label]));
  const count = pools.reduce((sum, pool) => sum + pool.count, 0);
  const labels = new Int32Array(count);
  const starts: number[] = [];
  let at = 0;
  for (const pool of pools) {
    starts.push(at);
    for (const label of pool.labels) labels[at++] = labelOf.get(pool.classes[label]!)!;
  }
  const place = (index: number): [ClassPool, number] => {
    const of = starts.findLastIndex((start) => start <= index);
    return [pools[of]!, index - starts[of]!];
  };
  const hasGroups = pools.every((pool) => pool.groups);
  return {
    count,
    shape,
    classes,
    labels,
    ...(hasGroups && { groups: classes.map((name) => groups.get(name)!) }),
    images: pools.every(isFeaturePool)
      ? joinFeatures(pools.map(({ images }) => images))
      : { read: (indices) => readParts(pools.map(asSplit), indices) },
    ...(pools.every((pool) => pool.nameOf) && {
      nameOf: (index: number) => {
        const [pool, own] = place(index);
        return pool.nameOf!(own);
      },
    }),
  };
}

function badJoin(message: string, data: Record<string, unknown>) {
  return new NeusimError('EPISODE_BAD_POOL', message, {
    data,
    hint: 'join pools of one kind and one shape',
  });
}

/** @param chosen indices into the classes, in the order that they get. */
export function selectClasses(pool: ClassPool, chosen: ArrayLike<number>): ClassPool {
  const newLabels = new Int32Array(pool.classes.length).fill(-1);
  for (let label = 0; label < chosen.length; label++) newLabels[chosen[label]!] = label;
  const indices = new Uint32Array(
    Array.from(chosen).reduce((sum, label) => sum + imagesByClass(pool)[label]!.length, 0),
  );
  let count = 0;
  for (const [index, label] of pool.labels.entries()) if (newLabels[label]! >= 0) indices[count++] = index;
  const { nameOf, groups } = pool;
  return {
    count,
    shape: pool.shape,
    classes: Array.from(chosen, (label) => pool.classes[label]!),
    ...(groups && { groups: Array.from(chosen, (label) => groups[label]!) }),
    labels: Int32Array.from(indices, (index) => newLabels[pool.labels[index]!]!),
    ...(nameOf && { nameOf: (index: number) => nameOf(indices[index]!) }),
    ...imagesAt(pool, indices),
  };
}

/** Some of a pool's images, all classes kept. */
export function selectFrom(pool: ClassPool, indices: Uint32Array): ClassPool {
  const { nameOf } = pool;
  return {
    ...pool,
    count: indices.length,
    labels: Int32Array.from(indices, (index) => pool.labels[index]!),
    ...(nameOf && { nameOf: (index: number) => nameOf(indices[index]!) }),
    ...imagesAt(pool, indices),
  };
}

function imagesAt(pool: ClassPool, indices: Uint32Array): Pick<ClassPool, 'images'> {
  if (isFeaturePool(pool)) {
    const size = pool.images.length / pool.count;
    return {
      images: joinFeatures(Array.from(indices, (i) => pool.images.subarray(i * size, (i + 1) * size))),
    };
  }
  const split = asSplit(pool);
  const images = {
    read: (some: ArrayLike<number>) =>
      readImages(
        split,
        Uint32Array.from(some, (index) => indices[index]!),
      ),
  };
  return { images };
}

/** @throws NeusimError `EPISODE_FEATURES` for features, which are no images */
export function asSplit(pool: ClassPool): Split {
  if (isFeaturePool(pool)) throw noImages();
  return pool as Split;
}

function joinFeatures(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Images of splits that are counted through; of each split those wanted are read at once. */
async function readParts(parts: readonly Split[], indices: ArrayLike<number>): Promise<Uint8Array> {
  const [height, width, channels] = parts[0]!.shape;
  const pixels = height * width * channels;
  const out = new Uint8Array(indices.length * pixels);
  let first = 0;
  const reads = parts.map((part) => {
    const [from, to] = [first, first + part.count];
    first = to;
    const places: number[] = [];
    for (let i = 0; i < indices.length; i++) if (indices[i]! >= from && indices[i]! < to) places.push(i);
    return { part, places, own: Uint32Array.from(places, (place) => indices[place]! - from) };
  });
  for (const { part, places, own } of reads) {
    if (places.length === 0) continue;
    const bytes = await readImages(part, own);
    for (const [i, place] of places.entries())
      out.set(bytes.subarray(i * pixels, (i + 1) * pixels), place * pixels);
  }
  return out;
}
