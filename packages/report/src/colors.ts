// Signed values in colour: one hue above zero, one below, fading to nothing at zero, so that the same picture
// reads on a light and on a dark page.

import type { Html } from './html';
import { html } from './html';

/** Also in the style sheet, as --above and --below. */
export const above = [230, 103, 47] as const;
export const below = [57, 135, 229] as const;

/** The largest magnitude among the values, never 0: what the full colour stands for. */
export function extent(values: Iterable<number>): number {
  let most = 1e-6;
  for (const value of values) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  return most;
}

/** [red, green, blue, alpha], 0..255. */
export function rgba(value: number, most: number): readonly [number, number, number, number] {
  const [red, green, blue] = value < 0 ? below : above;
  return [red, green, blue, Math.round(255 * opacity(value, most))];
}

/** 0..1. The root lifts small values, which are most of them, above what an eye can tell from nothing. */
export function opacity(value: number, most: number): number {
  return Math.sqrt(Math.min(1, Math.abs(value) / most));
}

/** The key to a picture whose full colour stands for ±`most`, and whose zero shows the page, or an `image`. */
export function colorKey(most: number, zero: 'page' | 'image'): Html {
  const end = formatSmall(most);
  return html`<span class="color-key"><span>−${end}</span><span class="ramp ${zero}"></span><span>+${end}</span></span>`;
}

/** A number in few digits: 0.0042, 0.37, 1.20. */
export function formatSmall(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 1e-3) return value.toExponential(1);
  return value.toFixed(size < 0.1 ? 3 : 2);
}

/** 1.65 %, 12.3 %, 100 %. */
export function formatPercent(percent: number): string {
  return `${percent.toFixed(percent < 10 ? 2 : percent < 99.95 ? 1 : 0)} %`;
}
