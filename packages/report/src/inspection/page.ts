// The page of `neusim inspect`: everything about one network in one file that needs nothing else, online or off.

import { formatSmall, opacity } from '../colors';
import { framePage, heading } from '../frame';
import { html, raw } from '../html';
import { sampleStyle } from '../matrix';
import { frameAt, positionAt, tapPlaces } from '../places';
import { visible } from '../places-view';
import { type ActivateTools, activate } from './activate';
import { contents } from './contents';
import { layerSection } from './layer';
import { inspectionStyle } from './style';
import type { Inspection, InspectionLayer } from './types';

/** Layers that are unfolded at first. */
const FEW = 4;

/** What `activate` calls. Each stands alone, so that a page may have its text. */
export const activateTools: ActivateTools = {
  positionAt,
  tapPlaces,
  frameAt,
  opacity,
  formatSmall,
  visible,
};

/**
 * The whole page.
 * @param document draws the charts: a page's own; in Node, linkedom's.
 */
export function inspectionPage(inspection: Inspection, document: Document): string {
  const { title, notes, sample, layers, costs } = inspection;
  const learned = layers.filter(isMoreThanPlain);
  const open = new Set((learned.length > 0 ? learned : layers).slice(0, FEW));
  const head = sample
    ? html`<figure><img alt="the image" src="${sample.picture.uri}" width="${sample.picture.width}" height="${sample.picture.height}"><figcaption class="soft">${sample.from}${sample.label !== null && html`<br>is <b>${sample.label}</b>`}<br>read as <b>${sample.predicted}</b></figcaption></figure>`
    : null;
  const page = html`<main${sample && html` style="${sampleStyle(sample.picture)}"`}>
<header class="head">${head}<div>
${heading(inspection)}
</div></header>
${notes.length > 0 && html`<section>${notes.map((note) => html`<p class="missing">${note}</p>`)}</section>`}
${contents(inspection)}
${layers.map((layer) => layerSection(document, layer, { isOpen: open.has(layer), costs }))}
<section>
<h2>How to read it</h2>
<p class="soft">y = Wᵀ·D·M·S(x): a kernel W is compared by M with what its taps read; D says which taps exist, S where they read. M = I is the inner product of a plain convolution, and pictures of M − I are empty there: orange is more, blue is less, fading to nothing at the identity. Rows of M are kernel taps, columns input taps; a tap is named by its row and column from the middle of its window. Where taps read: rings are the window’s lattice, dots the places that are read, fading with the factor of what they read.</p>
<p class="soft">Singular values are those of kernels as matrices [taps·channels, filters]. Effective rank: exp of the entropy of σ/Σσ. Stable rank: Σσ²/σ₁². Nuclear / Frobenius is Σσ/√Σσ²: 1 for rank one, √n where all are equal.</p>
</section>
<p class="spoken" role="status" aria-live="polite"></p>
</main>
<script>${raw(script())}</script>`;
  return framePage(title, page, inspectionStyle);
}

/** Whether there is more to see of a layer than a kernel. */
function isMoreThanPlain({ similarity, operator, response }: InspectionLayer): boolean {
  return [
    similarity?.matrix,
    similarity?.mask,
    similarity?.sampling,
    similarity?.dynamic,
    operator,
    response,
  ].some(Boolean);
}

/** The text of `activate`, and of what it calls, by name: whatever a bundler has renamed. */
function script(): string {
  const tools = Object.entries(activateTools).map(([name, tool]) => `${name}: ${tool}`);
  return `(${activate})(document, {\n${tools.join(',\n')}\n});`.replaceAll('</', '<\\/');
}
