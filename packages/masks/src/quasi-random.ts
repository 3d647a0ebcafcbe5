/**
 * Uniform numbers that are state, not chance: a Weyl sequence uₖ ← frac(uₖ + √pₖ), with pₖ the k-th prime, fills [0, 1)^K
 * evenly, each number moving at a pace of its own. A sum and a floor round alike in float32 everywhere, so that every engine, a
 * resumed run and a recorded step go on with the same numbers; workers without `syncBatchNorm`, whose states are averaged, to
 * float32's precision.
 */
import * as tf from '@tensorflow/tfjs-core';

/** The numbers that follow u [K]. */
export function nextUniform(u: tf.Tensor): tf.Tensor {
  const sum = tf.add(u, tf.tensor1d(paces(u.size)));
  return tf.sub(sum, tf.floor(sum));
}

/** frac(√p) for the first `count` primes. */
function paces(count: number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((p) => n % p !== 0)) primes.push(n);
  return primes.map((p) => Math.sqrt(p) % 1);
}
