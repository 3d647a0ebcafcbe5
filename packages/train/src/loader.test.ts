import { expect, test } from 'vitest';
import { parseConfig } from './config';
import { createLoader } from './loader';
import { patterns } from './test/patterns';
import { small } from './test/setup';

/** Images that are read, and how often. */
function counted() {
  const { images } = patterns.train;
  if (!(images instanceof Uint8Array)) throw new TypeError('patterns lie in memory');
  const pixels = images.length / patterns.train.count;
  const reads: number[] = [];
  const read = async (indices: ArrayLike<number>) => {
    reads.push(indices.length);
    return Uint8Array.from(
      { length: indices.length * pixels },
      (_, i) => images[(indices[Math.floor(i / pixels)] as number) * pixels + (i % pixels)] as number,
    );
  };
  return { reads, dataset: { ...patterns, train: { ...patterns.train, images: { read } } } };
}

test('a batch that is asked for twice ahead is read once: 4 steps read 4 batches', async () => {
  const { reads, dataset } = counted();
  const loader = createLoader(parseConfig(small({ steps: 4 })), dataset);
  for (let step = 0; step < 4; step++) {
    await loader.batch(step);
    // As workers do, while they compute.
    if (step < 3) loader.prepare(step + 1);
  }
  expect(reads).toHaveLength(4);
});
