// A pool's images as the numbers that a network gets, through the pipeline of batches; features as they are.

import { type Augment, isMixing } from '../augment';
import { drawCrop } from '../augment/pad-crop';
import { createPipeline } from '../augment/pipeline';
import type { Normalize } from '../normalize';
import { random, type Stream, streams } from '../random';
import { readImages } from '../split';
import type { Transform } from '../transform';
import type { Split } from '../types';
import { mixedEpisode } from './errors';
import type { ClassPool, Episode, FeaturePool } from './types';

/** How a pool's images become what a network gets. */
export interface ReadPoolOptions {
  /** Default: images as they are stored. */
  readonly transform?: Transform | undefined;
  /** Default `none`: 0..255. */
  readonly normalize?: Normalize | undefined;
  /** Default: none. All but `mixup` and `cutmix`, which mix classes. */
  readonly augment?: Augment | undefined;
  /** Of what `augment` draws: 0..2^53 - 1, default 0. */
  readonly seed?: number | undefined;
  /** Another one, other draws: 0..2^32 - 1, default 0. */
  readonly step?: number | undefined;
}

/** What a network gets. */
export interface Inputs {
  readonly values: Float32Array;
  /** [n, height, width, channels], of features [n, features]. */
  readonly shape: number[];
}

/** Whether a pool has features in place of images. */
export function isFeaturePool(pool: ClassPool): pool is FeaturePool {
  return pool.images instanceof Float32Array;
}

/**
 * The images at `indices`, in that order. Features are given as they are, whatever the options say. What `augment` draws
 * for an image depends on (seed, step, place in `indices`).
 * @throws NeusimError `DATASET_BAD_TRANSFORM`, `DATASET_BAD_AUGMENT`, `DATASET_BAD_NORMALIZE`, `DATASET_CACHE_DAMAGED`
 */
export async function readPool(
  pool: ClassPool,
  indices: ArrayLike<number>,
  options: ReadPoolOptions = {},
): Promise<Inputs> {
  if (isFeaturePool(pool)) return featuresAt(pool, indices);
  const { augment, seed = 0, step = 0 } = options;
  if (isMixing(augment)) throw mixedEpisode();
  const images = await readImages(pool as Split, indices);
  const { shape, write } = createPipeline(images, pool.shape, options);
  const [n, pixels] = [indices.length, shape[0] * shape[1] * shape[2]];
  const values = new Float32Array(n * pixels);
  const next = augment && random(seed, streams.augment, step);
  for (let place = 0; place < n; place++) {
    const draws = augment && ((stream: Stream) => random(seed, stream, step, place));
    write(place, augment && next ? drawCrop(next, augment) : null, draws ?? null, values, place * pixels);
  }
  return { values, shape: [n, ...shape] };
}

function featuresAt(
  { images, shape }: { images: Float32Array; shape: ClassPool['shape'] },
  indices: ArrayLike<number>,
) {
  const size = shape[0] * shape[1] * shape[2];
  const values = new Float32Array(indices.length * size);
  for (let i = 0; i < indices.length; i++)
    values.set(images.subarray(indices[i]! * size, (indices[i]! + 1) * size), i * size);
  return { values, shape: [indices.length, size] };
}

/** An episode's inputs, read at once: of the support and of the query, class by class. Options and errors as `readPool`. */
export async function readEpisode(
  pool: ClassPool,
  { support, query }: Pick<Episode, 'support' | 'query'>,
  options?: ReadPoolOptions,
): Promise<{ readonly support: Inputs; readonly query: Inputs }> {
  const all = new Uint32Array(support.length + query.length);
  all.set(support);
  all.set(query, support.length);
  const { values, shape } = await readPool(pool, all, options);
  const [, ...rest] = shape;
  const at = support.length * rest.reduce((product, side) => product * side, 1);
  return {
    support: { values: values.subarray(0, at), shape: [support.length, ...rest] },
    query: { values: values.subarray(at), shape: [query.length, ...rest] },
  };
}
