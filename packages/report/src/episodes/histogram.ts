// How many episodes have which accuracy, as a small picture.

import { type Html, html, raw } from '../html';

const BINS = 20;
const [WIDTH, HEIGHT, LEFT, BELOW] = [340, 120, 30, 18];

/** @param accuracies in percent. @param color of CSS. @param chance in percent: a line. */
export function histogram(accuracies: readonly number[], color: string, chance: number): Html {
  const counts = binsOf(accuracies);
  const most = Math.max(...counts);
  const step = (WIDTH - LEFT) / BINS;
  const bars = counts.map((count, bin) => {
    const height = (count / most) * (HEIGHT - 8);
    const title = `${(100 / BINS) * bin} to ${(100 / BINS) * (bin + 1)} %: ${count}`;
    return html`<rect x="${(LEFT + bin * step).toFixed(1)}" y="${(HEIGHT - height).toFixed(1)}" width="${(step - 1).toFixed(1)}" height="${height.toFixed(1)}" style="fill: ${raw(color)}"><title>${title}</title></rect>`;
  });
  const at = (percent: number) => LEFT + (percent / 100) * (WIDTH - LEFT);
  const ticks = [0, 25, 50, 75, 100].map(
    (percent) => html`<text x="${at(percent)}" y="${HEIGHT + 14}" text-anchor="middle">${percent}</text>`,
  );
  const total = WIDTH + 12;
  return html`<svg class="histogram" role="img" aria-label="episodes by their accuracy" viewBox="0 0 ${total} ${HEIGHT + BELOW}" style="font-size: 11px; width: 100%; max-width: 400px"><text x="${LEFT - 6}" y="12" text-anchor="end">${most}</text>${bars}<line x1="${LEFT}" x2="${WIDTH}" y1="${HEIGHT}" y2="${HEIGHT}" style="stroke: var(--line)"></line><line class="chance" x1="${at(chance)}" x2="${at(chance)}" y1="0" y2="${HEIGHT}"><title>chance: ${Number(chance.toFixed(2))} %</title></line>${ticks}</svg>`;
}

/** [20]: each from its lower end up to its upper; the last has 100 % too. */
export function binsOf(accuracies: readonly number[]): number[] {
  const counts = new Array<number>(BINS).fill(0);
  // Percentages are float32, and may lie a rounding below the end of their bin.
  for (const value of accuracies)
    counts[Math.min(BINS - 1, Math.max(0, Math.floor((value * BINS) / 100 + 1e-4)))]!++;
  return counts;
}
