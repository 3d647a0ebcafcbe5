/** What a learner is given of an episode's images: the images as they are read, or their embeddings, each made once. */
import { type ClassPool, type Episode, type Normalize, readPool, type Transform } from '@neusim/datasets';
import type { EpisodeShare } from './score-episodes';

/** How images are read. */
export interface PoolReading {
  /** As in training; default: images as they are stored. */
  readonly transform?: Transform | undefined;
  /** As in training; default `none`. Features are taken as they are. */
  readonly normalize?: Normalize | undefined;
}

/** Images of a pool as numbers. */
export interface Images {
  /** [n, …shape] */
  readonly values: Float32Array;
  /** [n, height, width, channels], of features [n, features]. */
  readonly shape: readonly number[];
}

/** Examples at indices of the pool. */
export interface Inputs {
  /** Of one. */
  readonly shape: readonly number[];
  /** [n, …shape] */
  read(indices: Uint32Array): Promise<Float32Array>;
}

/** Of what goes to a thread at a time. */
const SHARE_BYTES = 2 ** 25;
const SHARE_EPISODES = 16;

/** Images, read anew for each episode. @param one of them. */
export async function imageInputs(pool: ClassPool, one: number, reading: PoolReading): Promise<Inputs> {
  const { shape } = await readPool(pool, [one], reading);
  return {
    shape: shape.slice(1),
    read: async (indices) => (await readPool(pool, indices, reading)).values,
  };
}

/** Batches of images, in the order of their indices; read as they are asked for. */
export function* imageBatches(
  pool: ClassPool,
  indices: Uint32Array,
  batchSize: number,
  reading: PoolReading,
): Generator<Promise<Images>> {
  for (let from = 0; from < indices.length; from += batchSize)
    yield readPool(pool, indices.subarray(from, from + batchSize), reading);
}

/** @param embeddings of the images at `indices`, in that order: [n, …shape]. */
export function embeddedInputs(
  indices: Uint32Array,
  embeddings: Float32Array,
  shape: readonly number[],
): Inputs {
  const size = embeddings.length / indices.length;
  const rows = new Map(Array.from(indices, (index, row) => [index, row]));
  return {
    shape,
    async read(wanted) {
      const values = new Float32Array(wanted.length * size);
      for (const [i, index] of wanted.entries()) {
        const from = rows.get(index)! * size;
        values.set(embeddings.subarray(from, from + size), i * size);
      }
      return values;
    },
  };
}

/** Every image of some episodes once, in ascending order. */
export function imagesOf(episodes: readonly Episode[]): Uint32Array {
  const used = new Set<number>();
  for (const { support, query } of episodes)
    for (const indices of [support, query]) for (const index of indices) used.add(index);
  return Uint32Array.from(used).sort();
}

/** Episodes in runs, as long as can be, that have no more than `most` images; one that has more is alone. */
export function chunksOf(episodes: readonly Episode[], most: number): Episode[][] {
  const chunks: Episode[][] = [];
  const used = new Set<number>();
  for (const episode of episodes) {
    const own = [...episode.support, ...episode.query];
    const fresh = own.filter((index) => !used.has(index));
    const chunk = chunks.at(-1);
    if (chunk && used.size + fresh.length <= most) chunk.push(episode);
    else {
      chunks.push([episode]);
      used.clear();
    }
    for (const index of own) used.add(index);
  }
  return chunks;
}

/** Episodes and their inputs, some at a time; read as they are asked for. */
export function* sharesOf(
  episodes: readonly Episode[],
  seeds: readonly number[],
  form: Pick<EpisodeShare, 'way' | 'shot' | 'query'>,
  inputs: Inputs,
): Generator<Promise<EpisodeShare>> {
  const examples = form.way * (form.shot + form.query);
  const bytes = 4 * examples * inputs.shape.reduce((a, b) => a * b, 1);
  const length = Math.max(1, Math.min(SHARE_EPISODES, Math.floor(SHARE_BYTES / bytes)));
  for (let from = 0; from < episodes.length; from += length) {
    const some = episodes.slice(from, from + length);
    yield (async () => ({
      way: form.way,
      shot: form.shot,
      query: form.query,
      shape: inputs.shape,
      seeds: seeds.slice(from, from + length),
      support: await inputs.read(joined(some.map(({ support }) => support))),
      queries: await inputs.read(joined(some.map(({ query }) => query))),
    }))();
  }
}

function joined(parts: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
