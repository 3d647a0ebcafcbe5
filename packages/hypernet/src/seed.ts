/** A seed for each layer from one for the predictor, so that layers of one shape do not start alike. */

/** FNV-1a of the name, begun with the seed; undefined stays undefined. */
export function seedOf(seed: number | undefined, name: string): number | undefined {
  if (seed === undefined) return undefined;
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (const character of name)
    hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193) >>> 0;
  return hash;
}
