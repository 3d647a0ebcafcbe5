// Solarize: bytes from a threshold on are inverted.

/** @param threshold 0..256: all, to none */
export function solarize(image: Uint8Array, threshold: number): void {
  for (let i = 0; i < image.length; i++) if (image[i]! >= threshold) image[i] = 255 - image[i]!;
}
