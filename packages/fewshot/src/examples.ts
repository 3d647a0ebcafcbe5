/** What a method asks of the examples it is given. */
import { NeusimError } from '@neusim/registry';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Examples, Task } from './types';

/** Of one example; null where any size does. */
export type ExampleShape = readonly (number | null)[];

/**
 * Number of examples of each class, all above 0.
 * @param shape of one example, where it is known what it has to be.
 * @throws NeusimError FEWSHOT_BAD_SUPPORT for a way below 1, for labels that are not of x, or not 0..way - 1, for a class
 *   without an example, and for examples of another shape.
 */
export function requireSupport(support: Examples, way: number, shape?: ExampleShape): number[] {
  if (!Number.isInteger(way) || way < 1)
    throw bad(
      `way must be a whole number from 1, not ${way}`,
      { way },
      'way is the number of classes of the support.',
    );
  requireLabels('support', support, way);
  const counts = Array<number>(way).fill(0);
  for (const label of support.labels) counts[label]!++;
  if (shape) requireExamples('the support', support.x, shape);
  const missing = counts.flatMap((count, label) => (count === 0 ? [label] : []));
  if (missing.length > 0)
    throw bad(
      `no example of ${missing.length === 1 ? 'class' : 'classes'} ${missing.join(', ')} of ${way} in the support`,
      { way, counts, missing },
      'Each of the classes 0 to way - 1 needs an example: give one, or leave the class out.',
    );
  return counts;
}

/**
 * The examples per class of an episode's support.
 * @throws NeusimError FEWSHOT_BAD_SUPPORT as `requireSupport`, and for a query whose labels are not 0..way - 1, that has
 *   none, or whose examples have another shape than the support's.
 */
export function requireTask({ way, support, query }: Task): number[] {
  const counts = requireSupport(support, way);
  requireLabels('query', query, way);
  requireExamples('query', query.x, support.x.shape.slice(1));
  if (query.labels.length === 0)
    throw bad('a query of no examples', { query: query.x.shape }, 'An episode asks at least one question.');
  return counts;
}

/**
 * @param shape of one example. @param what the error calls them.
 * @throws NeusimError FEWSHOT_BAD_SUPPORT for examples x [n,…] of another shape.
 */
export function requireExamples(what: string, x: Tensor, shape: ExampleShape): void {
  const own = x.shape.slice(1);
  if (own.length === shape.length && shape.every((size, axis) => size === null || size === own[axis])) return;
  throw bad(
    `${what} has examples [${own}], not [${shape.map((size) => size ?? '?')}]`,
    { met: x.shape, wanted: ['n', ...shape] },
    'Support, query and added classes are of one kind: all images, or all what `embed` gave.',
  );
}

/** @throws NeusimError FEWSHOT_BAD_SUPPORT for the examples of an added class being none, or of another shape. */
export function requireClass(x: Tensor, shape: ExampleShape): void {
  requireExamples('the new class', x, shape);
  if (x.shape[0] === 0)
    throw bad('the new class has no example', { met: x.shape }, 'Give at least one example of it.');
}

function requireLabels(what: string, { x, labels }: Examples, way: number): void {
  if (x.shape[0] !== labels.length)
    throw bad(
      `${what} has ${labels.length} labels for x [${x.shape}]`,
      { labels: labels.length, x: x.shape },
      'x is [n,…], with one label for each of its n examples.',
    );
  const place = labels.findIndex((label) => !(label >= 0 && label < way));
  if (place < 0) return;
  throw bad(
    `${what} has the label ${labels[place]} at ${place}, allowed are 0 to ${way - 1}`,
    { label: labels[place], place, way },
    'Labels are those of the episode, not of the data set.',
  );
}

function bad(message: string, data: Record<string, unknown>, hint: string): NeusimError {
  return new NeusimError('FEWSHOT_BAD_SUPPORT', message, { data, hint });
}
