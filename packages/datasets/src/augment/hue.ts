// Hue: a turn in the HSV model, the maximum and the minimum of a pixel's channels staying as they are
// (torchvision's adjust_hue of tensors). shift 0: the image; ±0.5: the opposite colours.

/**
 * @param image [n, 3]
 * @param shift of the circle, -0.5..0.5
 */
export function hue(image: Uint8Array, shift: number): void {
  const turn = 6 * (shift < 0 ? shift + 1 : shift);
  for (let i = 0; i < image.length; i += 3) {
    const red = image[i]!;
    const green = image[i + 1]!;
    const blue = image[i + 2]!;
    const most = Math.max(red, green, blue);
    const range = most - Math.min(red, green, blue);
    if (range === 0) continue;
    let angle = turn;
    if (most === red) angle += (green - blue) / range + 6;
    else if (most === green) angle += (blue - red) / range + 2;
    else angle += (red - green) / range + 4;
    while (angle >= 6) angle -= 6;
    // Each channel is on the maximum for two sixths of the circle, on the minimum for two, and between on a line.
    image[i] = most - range * away(angle) + 0.5;
    image[i + 1] = most - range * away(angle + 4) + 0.5;
    image[i + 2] = most - range * away(angle + 2) + 0.5;
  }
}

/** How far red is from the maximum, 0..1, at an angle in sixths of the circle, 0..12. */
function away(angle: number): number {
  const at = angle >= 6 ? angle - 6 : angle;
  const distance = at > 3 ? 6 - at : at;
  return distance <= 1 ? 0 : distance >= 2 ? 1 : distance - 1;
}
