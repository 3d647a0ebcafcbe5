// Rotations of classes as further classes: an image is turned when it is read.

import { NeusimError } from '@neusim/registry';
import { imagesByClass } from '../episodes/class-images';
import { asSplit } from '../episodes/pool';
import type { ClassPool } from '../episodes/types';
import { readImages } from '../split';

/** A class of a pool, turned. */
export interface Turned {
  /** Index into the pool's classes. */
  readonly label: number;
  /** Quarter turns against the clock, 0..3. */
  readonly turns: number;
}

/** `rot000`, `rot090`, `rot180`, `rot270`. */
const rotationName = (turns: number) => `rot${String(turns * 90).padStart(3, '0')}`;

/**
 * The pool of these classes, in this order.
 * @param isNamed whether a class's name tells its rotation: `Greek/character01/rot090`
 * @throws NeusimError `EPISODE_NOT_SQUARE` for images that a quarter turn makes another shape of
 */
export function turnedPool(pool: ClassPool, turned: readonly Turned[], isNamed: boolean): ClassPool {
  const [height, width, channels] = pool.shape;
  if (height !== width && turned.some(({ turns }) => turns % 2 === 1))
    throw new NeusimError(
      'EPISODE_NOT_SQUARE',
      `images of ${height}×${width} are another shape when they are turned`,
      {
        data: { height, width },
        hint: 'give the option "size" one number, or set "rotations" to false',
      },
    );
  const lists = turned.map(({ label }) => imagesByClass(pool)[label]!);
  const count = lists.reduce((sum, { length }) => sum + length, 0);
  const labels = new Int32Array(count);
  const origins = new Uint32Array(count);
  let at = 0;
  for (const [label, own] of lists.entries()) {
    labels.fill(label, at, at + own.length);
    origins.set(own, at);
    at += own.length;
  }
  const { nameOf, groups } = pool;
  return {
    count,
    shape: pool.shape,
    classes: turned.map(({ label, turns }) =>
      isNamed ? `${pool.classes[label]}/${rotationName(turns)}` : pool.classes[label]!,
    ),
    ...(groups && { groups: turned.map(({ label }) => groups[label]!) }),
    labels,
    images: {
      async read(indices) {
        const images = await readImages(
          asSplit(pool),
          Uint32Array.from(indices, (index) => origins[index]!),
        );
        const pixels = height * width * channels;
        for (let i = 0; i < indices.length; i++) {
          const { turns } = turned[labels[indices[i]!]!]!;
          if (turns > 0) turn(images.subarray(i * pixels, (i + 1) * pixels), pool.shape, turns);
        }
        return images;
      },
    },
    ...(nameOf && { nameOf: (index: number) => nameOf(origins[index]!) }),
  };
}

/** Turns an image where it lies. */
function turn(image: Uint8Array, [height, width, channels]: ClassPool['shape'], turns: number): void {
  const from = image.slice();
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const [y, x] = source(row, column, height, width, turns);
      for (let c = 0; c < channels; c++)
        image[(row * width + column) * channels + c] = from[(y * width + x) * channels + c]!;
    }
}

/** Where the pixel at (row, column) of the turned image comes from. */
function source(row: number, column: number, height: number, width: number, turns: number): [number, number] {
  if (turns === 1) return [column, width - 1 - row];
  if (turns === 2) return [height - 1 - row, width - 1 - column];
  return [height - 1 - column, row];
}
