// The table of contents: every layer with what it costs, and the totals. A predictor stands below the layer it serves.

import { formatSmall } from '../colors';
import { type Html, html } from '../html';
import type { Inspection, InspectionCost } from './types';

const count = (value: number) => value.toLocaleString('en-US');

/** The id of a layer's section. */
export const anchor = (layer: string) => `layer-${encodeURIComponent(wellFormed(layer))}`;

/** A name may hold half a pair of UTF-16, which no address can. */
const wellFormed = (text: string) => text.replaceAll(/\p{Surrogate}/gu, '\ufffd');

export function contents({ layers, costs, totals }: Inspection): Html {
  const shown = new Map(layers.map((layer) => [layer.layer, layer]));
  const share = (part: number | null, whole: number | null) =>
    part === null || !whole ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
  const rows = ordered(costs).map((cost) => {
    const layer = shown.get(cost.name);
    const spectrum = layer?.spectra.effective ?? layer?.spectra.kernel;
    const what = layer?.similarity ? partsOf(layer.similarity) : cost.type;
    const name = layer
      ? html`<a href="#${anchor(cost.name)}">${cost.name}</a>`
      : html`<span${cost.serves !== null && html` class="serves"`}>${cost.name}</span>`;
    return html`<tr><td class="name">${name}</td><td>${what}</td><td>${cost.outputShape.map((size) => size ?? '?').join('×')}</td><td class="right">${count(cost.parameters)}</td><td class="right">${share(cost.parameters, totals.parameters)}</td><td class="right">${cost.multiplyAdds === null ? '–' : count(cost.multiplyAdds)}</td><td class="right">${share(cost.multiplyAdds, totals.multiplyAdds)}</td><td class="right">${spectrum ? formatSmall(spectrum.nuclear) : '–'}</td><td class="right">${spectrum ? `${formatSmall(spectrum.effectiveRank)} of ${spectrum.values.length}` : '–'}</td></tr>`;
  });
  const predictors = costs.filter(({ serves }) => serves !== null);
  const sum = (of: (cost: InspectionCost) => number | null) =>
    predictors.reduce((all, cost) => all + (of(cost) ?? 0), 0);
  const part =
    predictors.length > 0 &&
    html`<tr class="part"><td class="name">predictors</td><td colspan="2"></td><td class="right">${count(sum(({ parameters }) => parameters))}</td><td class="right">${share(
      sum(({ parameters }) => parameters),
      totals.parameters,
    )}</td><td class="right">${count(sum(({ multiplyAdds }) => multiplyAdds))}</td><td class="right">${share(
      sum(({ multiplyAdds }) => multiplyAdds),
      totals.multiplyAdds,
    )}</td><td colspan="2"></td></tr>`;
  return html`<section>
<h2>Layers and what they cost</h2>
<p class="soft">For one image. The nuclear norm (sum of singular values) and the effective rank are those of W_eff, what the input is compared with: W with D and M in it; of a predicted M, with its mean over the image.</p>
<div class="scroll"><table class="contents"><thead><tr><th>layer</th><th>what it is</th><th>output</th><th class="right">parameters</th><th class="right">share</th><th class="right">multiply-adds</th><th class="right">share</th><th class="right">nuclear norm</th><th class="right">effective rank</th></tr></thead><tbody>${rows}</tbody><tfoot>${part}<tr><td class="name">all</td><td colspan="2"></td><td class="right">${count(totals.parameters)}</td><td></td><td class="right">${totals.multiplyAdds === null ? '–' : count(totals.multiplyAdds)}</td><td></td><td colspan="2"></td></tr></tfoot></table></div>
</section>`;
}

/** Layers in their order, those of a predictor after the one it serves. */
function ordered(costs: readonly InspectionCost[]): InspectionCost[] {
  const own = costs.filter(({ serves }) => serves === null);
  const known = new Set(own.map(({ name }) => name));
  const orphans = costs.filter(({ serves }) => serves !== null && !known.has(serves));
  return [
    ...own.flatMap((cost) => [cost, ...costs.filter(({ serves }) => serves === cost.name)]),
    ...orphans,
  ];
}

/** `static-uns · learned-binary`; a plain choice is not told. */
export function partsOf({
  name,
  shape,
  predictor,
}: {
  readonly name: string;
  readonly shape: string;
  readonly predictor: string | null;
}): string {
  return [name, ...(shape === 'full' ? [] : [shape]), ...(predictor ? [`predictor ${predictor}`] : [])].join(
    ' · ',
  );
}
