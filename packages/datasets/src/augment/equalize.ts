// Equalize: each channel's histogram made flat (Pillow's): a byte becomes the number of bytes below it, in steps of a
// 255th of all but the most frequent end.

const histogram = new Int32Array(256);
const table = new Uint8Array(256);

export function equalize(image: Uint8Array, channels: number): void {
  for (let c = 0; c < channels; c++) {
    histogram.fill(0);
    for (let i = c; i < image.length; i += channels) histogram[image[i]!]!++;
    let last = 255;
    while (last > 0 && histogram[last] === 0) last--;
    const step = Math.floor((image.length / channels - histogram[last]!) / 255);
    // Too few bytes, or all alike: there is nothing to spread.
    if (step === 0) continue;
    let below = step >> 1;
    for (let byte = 0; byte < 256; byte++) {
      table[byte] = Math.min(255, Math.floor(below / step));
      below += histogram[byte]!;
    }
    for (let i = c; i < image.length; i += channels) image[i] = table[image[i]!]!;
  }
}
