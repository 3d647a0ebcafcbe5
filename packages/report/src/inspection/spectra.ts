// Singular values of a layer's kernel, of its M and of what they make together, beside each other.

import * as Plot from '@observablehq/plot';
import { chart } from '../chart';
import { formatSmall } from '../colors';
import { type Html, html } from '../html';
import type { InspectionLayer, SpectrumFigures } from './types';

/** What a page draws singular values with: more than pixels only make the file larger. */
const MOST_POINTS = 128;
const WIDTH = 340;
const HEIGHT = 190;

interface Named {
  readonly name: string;
  readonly color: string;
  readonly spectrum: SpectrumFigures | null;
}

/** Null where there is nothing to draw. */
export function spectraView(
  document: Document,
  { layer, kernel, operator, spectra }: InspectionLayer,
): Html | null {
  if (operator?.kernels === 0)
    return html`<p class="soft">It has no kernel of its own: its network makes them.</p>`;
  const { of } = spectra;
  const named: readonly Named[] = [
    {
      name: operator ? `mean of ${operator.kernels} kernels` : 'W',
      color: 'var(--below)',
      spectrum: spectra.kernel,
    },
    { name: 'M', color: 'var(--soft)', spectrum: spectra.matrix },
    {
      name: of === 'the mean M' ? 'W_eff, mean M' : 'W_eff',
      color: 'var(--above)',
      spectrum: spectra.effective,
    },
  ];
  const known = named.flatMap(({ spectrum, ...rest }) => (spectrum ? [{ ...rest, spectrum }] : []));
  if (known.length === 0)
    return html`<p class="soft">A kernel of ${kernel.join('×')} is too large for its singular values to be computed here, or not finite.</p>`;
  const kernels = known.filter(({ name }) => name !== 'M');
  const others = known.filter(({ name }) => name === 'M');
  const rows = known.map(
    ({ name, color, spectrum }) =>
      html`<tr><td class="name"><span class="dot" style="background: ${color}"></span>${name}</td><td class="right">${spectrum.rows}×${spectrum.columns}</td>${[spectrum.nuclear, spectrum.frobenius, spectrum.nuclear / (spectrum.frobenius || 1), spectrum.effectiveRank, spectrum.stableRank].map((value) => html`<td class="right">${formatSmall(value)}</td>`)}<td class="right">${spectrum.rank}</td></tr>`,
  );
  return html`<div class="spectra">${[kernels, others].map((lines) => lines.length > 0 && drawn(document, layer, lines))}
<div class="scroll"><table><thead><tr><th>matrix</th><th class="right">size</th><th class="right">nuclear norm</th><th class="right">Frobenius</th><th class="right">nuclear / Frobenius</th><th class="right">effective rank</th><th class="right">stable rank</th><th class="right">rank</th></tr></thead><tbody>${rows}</tbody></table></div></div>`;
}

function drawn(
  document: Document,
  layer: string,
  lines: readonly { readonly name: string; readonly color: string; readonly spectrum: SpectrumFigures }[],
): Html {
  const names = lines.map(({ name }) => name).join(', ');
  const longest = Math.max(...lines.map(({ spectrum }) => spectrum.values.length));
  const figure = chart(document, `singular values of ${names} of ${layer}`, {
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 44,
    x: { label: 'index', ticks: indices(longest), tickSize: 0, tickFormat: 'd', labelArrow: 'none' },
    y: { label: 'σ', grid: true, zero: true, ticks: 4, tickSize: 0, labelArrow: 'none' },
    marks: lines.flatMap(({ color, spectrum: { values } }) => {
      const every = Math.max(1, Math.ceil(values.length / MOST_POINTS));
      const points = values
        .map((value, index) => ({ index: index + 1, value }))
        .filter(({ index }) => (index - 1) % every === 0 || index === values.length);
      const axes = { x: 'index', y: 'value' } as const;
      return [
        Plot.lineY(points, { ...axes, stroke: color, strokeWidth: 2 }),
        ...(points.length <= 40 ? [Plot.dot(points, { ...axes, r: 2.5, fill: color })] : []),
      ];
    }),
  });
  return html`<figure><figcaption>${names} <small>singular values</small></figcaption>${figure}</figure>`;
}

/** Whole numbers: of a few values all, else some six. */
const indices = (count: number): readonly number[] | number =>
  count <= 10 ? Array.from({ length: count }, (_, index) => index + 1) : 6;
