// Variants beside each other: mean errors with their intervals drawn, and every pair with its verdict.

import { formatPercent } from '../colors';
import type { Comparison, PairFigures, VariantFigures } from '../comparison/types';
import { type Html, html } from '../html';

export function comparisonSection(
  comparison: Comparison | null,
  colorOf: (name: string) => string,
): Html | null {
  if (!comparison) return null;
  const { variants, pairs, notes } = comparison;
  const most = Math.max(...variants.flatMap(({ interval, errors }) => [interval?.[1] ?? 0, ...errors]), 1e-9);
  const several = variants.some(({ seeds }) => seeds.length > 1);
  const rows = variants.map((variant) => variantRow(variant, most, colorOf(variant.name)));
  return html`<section>
<h2>Comparison</h2>
<p class="soft">Test error in percent. ${
    several
      ? 'Dots are seeds; the bar is the 95 % interval of their mean (Student’s t).'
      : 'The bar is the 95 % interval that so many test images allow (Wilson); another seed would move it further.'
  }</p>
<div class="scroll"><table><thead><tr><th>variant</th><th class="right">seeds</th><th class="right">mean error</th><th>95 %</th><th class="wide">0 to ${formatPercent(most)}</th></tr></thead><tbody>${rows}</tbody></table></div>
${pairs.length > 0 && pairTable(pairs)}
${notes.map((note) => html`<p class="soft note">${note}</p>`)}
</section>`;
}

function variantRow(
  { name, seeds, errors, mean, interval }: VariantFigures,
  most: number,
  color: string,
): Html {
  const at = (error: number) => `${((100 * Math.max(0, error)) / most).toFixed(2)}%`;
  const bar =
    interval &&
    html`<span class="reach" style="left: ${at(interval[0])}; right: calc(100% - ${at(Math.min(most, interval[1]))}); background: ${color}"></span>`;
  const dots = errors.map(
    (error, index) =>
      html`<span class="seed" style="left: ${at(error)}; background: ${color}" title="seed ${seeds[index]}: ${error.toFixed(2)} %"></span>`,
  );
  return html`<tr><td class="name"><span class="dot" style="background: ${color}"></span>${name}</td><td class="right">${seeds.length}</td><td class="right">${mean.toFixed(2)}</td><td>${interval ? `${interval[0].toFixed(2)} … ${interval[1].toFixed(2)}` : '–'}</td><td class="wide"><span class="scale">${bar}${dots}</span></td></tr>`;
}

function pairTable(pairs: readonly PairFigures[]): Html {
  const rows = pairs.map(
    ({ a, b, difference, interval, p, test, verdict }) =>
      html`<tr><td class="name">${b} − ${a}</td><td class="right">${signed(difference)}</td><td>${interval ? `${signed(interval[0])} … ${signed(interval[1])}` : '–'}</td><td class="right">${formatP(p)}</td><td class="soft">${test}</td><td class="words">${verdict}</td></tr>`,
  );
  return html`<h3>Pairs</h3>
<div class="scroll"><table><thead><tr><th>difference of</th><th class="right">points</th><th>95 %</th><th class="right">p</th><th>test</th><th>verdict</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** −0.35, +0.10. */
export const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;

/** Of a test: 0.034, < 0.001. */
export function formatP(p: number | null): string {
  if (p === null) return '–';
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}
