/**
 * One seed for each weight, from the model's seed and the weight's name: a network's start does not depend on the
 * order in which its layers are made.
 */

/** FNV-1a. Never 0, which tfjs takes for "no seed". */
export function weightSeed(seed: number, name: string): number {
  let hash = 0x811c9dc5;
  for (const character of `${seed}/${name}`)
    hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193) >>> 0;
  return hash || 1;
}
