// Autocontrast: each channel is stretched so that its smallest byte becomes 0 and its largest 255 (Pillow's, no cutoff).

import { toByte } from './byte-op';

export function autoContrast(image: Uint8Array, channels: number): void {
  for (let c = 0; c < channels; c++) {
    let [low, high] = [255, 0];
    for (let i = c; i < image.length; i += channels) {
      const byte = image[i]!;
      if (byte < low) low = byte;
      if (byte > high) high = byte;
    }
    if (high <= low) continue;
    const scale = 255 / (high - low);
    const offset = -low * scale;
    for (let i = c; i < image.length; i += channels) image[i] = toByte(image[i]! * scale + offset);
  }
}
