/**
 * One seed for each weight, from a network's seed and the weight's name: how a weight starts does not depend on the
 * order in which layers are made, and weights of one shape do not start alike.
 */

/**
 * FNV-1a (32 bits) of both, every digit of the seed included.
 * @param seed any number; seeds that print differently give different streams.
 * @param name of the weight: `stage1_conv1/kernel`.
 * @returns a whole number in 1 … 2^32 - 1, never 0, which tfjs's initialisers take for "no seed".
 */
export function weightSeed(seed: number, name: string): number {
  let hash = 0x811c9dc5;
  for (const character of `${seed}/${name}`)
    hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193) >>> 0;
  return hash || 1;
}
