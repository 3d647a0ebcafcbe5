// Which images of a pool are of which class, found once a pool.

import { NeusimError } from '@neusim/registry';
import type { ClassPool } from './types';

const found = /* @__PURE__ */ new WeakMap<ClassPool, readonly Uint32Array[]>();

/**
 * The indices of every class's images, rising.
 * @throws NeusimError `EPISODE_BAD_POOL` for labels that are no classes
 */
export function imagesByClass(pool: ClassPool): readonly Uint32Array[] {
  const known = found.get(pool);
  if (known) return known;
  const { labels, classes, count } = pool;
  if (labels.length !== count) throw badPool(`${labels.length} labels for ${count} images`, { count });
  const counts = new Uint32Array(classes.length);
  for (const [index, label] of labels.entries()) {
    if (!(label >= 0 && label < classes.length)) {
      const message = `label ${label} of image ${index}; allowed: 0 to ${classes.length - 1}`;
      throw badPool(message, { index, label, classes: classes.length });
    }
    counts[label]!++;
  }
  const lists = Array.from(counts, (own) => new Uint32Array(own));
  counts.fill(0);
  for (const [index, label] of labels.entries()) lists[label]![counts[label]!++] = index;
  found.set(pool, lists);
  return lists;
}

function badPool(message: string, data: Record<string, unknown>) {
  return new NeusimError('EPISODE_BAD_POOL', message, {
    data,
    hint: 'a label is an index into the pool’s classes',
  });
}
