// Until branch fs-episodes is here.
import type { ClassPool, Episode, EpisodeOptions, Normalize, Transform } from '@neusim/datasets';
import { random, uniformInt } from '@neusim/datasets';

export function drawEpisode(
  pool: ClassPool,
  { way, shot, query, seed }: EpisodeOptions,
  index: number,
): Episode {
  const next = random(seed, 20, index);
  const pick = <T>(from: readonly T[], n: number) => {
    const left = [...from];
    return Array.from({ length: n }, () => left.splice(uniformInt(next, left.length), 1)[0]!);
  };
  const classes = pick([...pool.classes.keys()], way);
  const support: number[] = [];
  const asked: number[] = [];
  for (const label of classes) {
    const own = [...pool.labels.keys()].filter((i) => pool.labels[i] === label);
    const chosen = pick(own, shot + query);
    support.push(...chosen.slice(0, shot));
    asked.push(...chosen.slice(shot));
  }
  return {
    classes: Uint32Array.from(classes),
    support: Uint32Array.from(support),
    query: Uint32Array.from(asked),
  };
}

export async function readPool(
  pool: ClassPool,
  indices: ArrayLike<number>,
  _: { transform?: Transform | undefined; normalize?: Normalize | undefined },
): Promise<{ values: Float32Array; shape: [number, number, number, number] }> {
  const size = pool.shape[0] * pool.shape[1] * pool.shape[2];
  const values = new Float32Array(indices.length * size);
  const images = pool.images as Uint8Array | Float32Array;
  for (let i = 0; i < indices.length; i++)
    for (let j = 0; j < size; j++)
      values[i * size + j] = images[indices[i]! * size + j]! / (images instanceof Uint8Array ? 255 : 1);
  return { values, shape: [indices.length, ...pool.shape] };
}
