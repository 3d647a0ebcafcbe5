// A similarity that is no M: what a layer gives for a patch at an angle to its kernel, and for a longer or shorter one.

import * as Plot from '@observablehq/plot';
import { chart } from '../chart';
import { formatSmall } from '../colors';
import { type Html, html } from '../html';
import type { Curve, InspectionLayer } from './types';

/** Null for a layer without a response. */
export function responseView(
  document: Document,
  { layer, similarity, response }: InspectionLayer,
): Html | null {
  if (!response) return null;
  const { angle, magnitude, patchNorm, weights } = response;
  const learned = weights.map(({ name, values }) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const range = values.length > 1 && ` (${formatSmall(least(values))} to ${formatSmall(largest(values))})`;
    return html`<li>${name}: ${formatSmall(mean)}${range}</li>`;
  });
  return html`<h4>Response: ${similarity?.name}</h4>
<p class="soft">What the layer gives in place of ⟨w, x⟩: the mean over its filters, and from the lowest to the highest of them. Learned values are in it.</p>
<div class="charts">
<figure><figcaption>Over the angle <small>‖x‖ = ${formatSmall(patchNorm)}</small></figcaption>${drawn(document, `response of ${layer} over the angle`, 'θ in degrees', { ...angle, at: angle.at.map((radians) => (180 * radians) / Math.PI) })}</figure>
<figure><figcaption>Over the patch’s length <small>θ = 0</small></figcaption>${drawn(document, `response of ${layer} over the patch's length`, '‖x‖', magnitude)}</figure>
</div>${learned.length > 0 && html`<ul class="notes">${learned}</ul>`}`;
}

const least = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b));
const largest = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b));

function drawn(document: Document, label: string, x: string, { at, mean, lowest, highest }: Curve): Html {
  const points = at
    .map((place, i) => ({ at: place, mean: mean[i], low: lowest[i], high: highest[i] }))
    .filter((point) => [point.mean, point.low, point.high].every(Number.isFinite));
  if (points.length < 2) return html`<p class="empty">Its values are not finite.</p>`;
  return chart(document, label, {
    width: 340,
    height: 190,
    marginLeft: 44,
    x: { label: x, ticks: 6, tickSize: 0, labelArrow: 'none' },
    y: { label: 'response', grid: true, ticks: 5, tickSize: 0, labelArrow: 'none' },
    marks: [
      Plot.ruleY([0], { stroke: 'var(--line)' }),
      Plot.areaY(points, { x: 'at', y1: 'low', y2: 'high', fill: 'var(--accent)', fillOpacity: 0.2 }),
      Plot.lineY(points, { x: 'at', y: 'mean', stroke: 'var(--accent)', strokeWidth: 2 }),
    ],
  });
}
