/** A data set that is learned in seconds: each class is a bright block at its own place, under noise. */
import type { Dataset, MemorySplit } from '@neusim/datasets';

const SIZE = 8;
export const CLASSES = 3;

/** Bytes from a linear congruential generator: the same everywhere. */
function noise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
}

function split(count: number, seed: number): MemorySplit {
  const next = noise(seed);
  const images = new Uint8Array(count * SIZE * SIZE);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const label = i % CLASSES;
    labels[i] = label;
    for (let row = 0; row < SIZE; row++)
      for (let column = 0; column < SIZE; column++) {
        const bright = row >= 2 * label && row < 2 * label + 4 && column >= 2 && column < 6;
        images[(i * SIZE + row) * SIZE + column] = (bright ? 120 : 0) + (next() >> 1);
      }
  }
  return { count, shape: [SIZE, SIZE, 1], images, labels };
}

export const patterns: Dataset<MemorySplit> = {
  name: 'patterns',
  shape: [SIZE, SIZE, 1],
  classes: ['top', 'middle', 'bottom'],
  train: split(90, 1),
  test: split(33, 2),
};
