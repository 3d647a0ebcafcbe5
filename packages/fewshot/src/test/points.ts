/** Hand-made tasks: images of few values, which the bare backbone gives back. */
import * as tf from '@tensorflow/tfjs-core';
import type { Examples, Learner } from '../types';

/** Points of the plane, each with its class, as images 1×1×2. */
export const points = (...rows: readonly (readonly [x: number, y: number, label: number])[]): Examples => ({
  x: tf.tensor4d(
    rows.flatMap((row) => row.slice(0, 2)),
    [rows.length, 1, 1, 2],
  ),
  labels: Int32Array.from(rows, ([, , label]) => label),
});

/** Logits, row by row, of queries after a support. */
export async function logitsOf(
  learner: Learner,
  support: Examples,
  query: Examples,
  way: number,
): Promise<number[][]> {
  const embed = (x: tf.Tensor) => learner.embed?.(x as tf.Tensor4D) ?? x;
  const classifier = await learner.fit({ x: embed(support.x), labels: support.labels }, way);
  const logits = (await classifier.predict(embed(query.x)).array()) as number[][];
  classifier.dispose();
  return logits;
}
