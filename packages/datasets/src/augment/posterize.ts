// Posterize: only the highest bits of each byte are kept.

/** @param bits 0..8 */
export function posterize(image: Uint8Array, bits: number): void {
  const mask = 256 - (1 << (8 - bits));
  for (let i = 0; i < image.length; i++) image[i]! &= mask;
}
