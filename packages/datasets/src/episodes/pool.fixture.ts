// Pools of 1×1 images for tests: the byte of an image is its index.

import type { ClassPool } from './types';

/** So many images of each class, in turn as long as there are. */
export function poolOfCounts(
  counts: readonly number[],
  prefix = 'class',
): ClassPool & { nth(index: number): number } {
  const labels: number[] = [];
  const nths: number[] = [];
  for (let nth = 0; nth < Math.max(...counts); nth++)
    for (const [label, count] of counts.entries())
      if (nth < count) {
        labels.push(label);
        nths.push(nth);
      }
  return {
    count: labels.length,
    shape: [1, 1, 1],
    classes: counts.map((_, label) => `${prefix}${label}`),
    labels: Int32Array.from(labels),
    images: Uint8Array.from(labels, (_, index) => index),
    nameOf: (index) => `${prefix}${labels[index]}/${nths[index]}`,
    nth: (index) => nths[index]!,
  };
}
