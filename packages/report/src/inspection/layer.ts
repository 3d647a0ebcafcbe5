// One layer: its M, its D, where its taps read, M at a place of the image, its response, its singular values.

import { colorKey, extent, formatSmall } from '../colors';
import { type Html, html } from '../html';
import { entriesOf, type MatrixPart, matrixView, shapeView } from '../matrix';
import type { StaticMatrix } from '../types';
import { anchor, partsOf } from './contents';
import { responseView } from './response';
import { spectraView } from './spectra';
import type { DynamicMatrix, InspectionCost, InspectionLayer } from './types';
import { placeViewer } from './viewer';

/** @param isOpen whether it is unfolded at first. @param costs all of the network's. */
export function layerSection(
  document: Document,
  layer: InspectionLayer,
  { isOpen, costs }: { readonly isOpen: boolean; readonly costs: readonly InspectionCost[] },
): Html {
  const { similarity, operator, type } = layer;
  const cost = costs.find(({ name }) => name === layer.layer);
  const what = similarity ? partsOf(similarity) : (operator?.name ?? type);
  const spectra = spectraView(document, layer);
  return html`<section><details${isOpen && html` open`}><summary><h2>${layer.layer}</h2> <span class="soft">${what}${kernelText(layer)}</span></summary>
<div id="${anchor(layer.layer)}">
${cost && costLine(cost, costs)}
${similarity && options(similarity.options)}${operator && options({ operator: operator.options })}
${similarity && (similarity.matrix || similarity.mask) && html`<div class="layers">${similarity.matrix && learnedMatrix(similarity.matrix)}${similarity.mask && html`<div><h4>D</h4>${shapeView(similarity.mask)}<small>taps that exist</small></div>`}</div>`}
${similarity && placeViewer(layer.layer, similarity)}
${similarity?.dynamic && spreadLine(similarity.dynamic)}
${responseView(document, layer)}
${spectra && html`<h4>Singular values</h4>${spectra}`}
</div></details></section>`;
}

function kernelText({ kernel, operator }: InspectionLayer): string {
  if (kernel.length === 0) return '';
  const of = operator ? `${operator.kernels} kernels of` : 'kernel';
  return ` · ${of} ${kernel.join('×')}`;
}

function learnedMatrix(matrix: StaticMatrix): Html {
  const parts: readonly MatrixPart[] = matrix.form === 'diagonal' ? ['M − I'] : ['M', 'M − I'];
  return html`<div><h4>M <small>${sizeOf(matrix)}, the same for every input</small></h4><div class="pair">${parts.map(
    (part) => {
      const most = extent(entriesOf(matrix, part));
      return html`<div><small>${part}</small>${matrixView(matrix, part, most)}${colorKey(most, 'page')}</div>`;
    },
  )}</div></div>`;
}

function sizeOf({ form, kernel, values }: StaticMatrix): string {
  const taps = kernel[0] * kernel[1];
  if (form === 'diagonal') return `a diagonal of ${taps}`;
  if (form === 'grouped') return `${values.length / taps ** 2} groups of ${taps}×${taps}`;
  const side = Math.round(Math.sqrt(values.length));
  return `${side}×${side}`;
}

function spreadLine({ spread }: DynamicMatrix): Html {
  const { positions, images, fromIdentity } = spread;
  const over = images > 0 ? `, over images at one place ${formatSmall(images)}` : '';
  return html`<p class="soft">M is ${formatSmall(fromIdentity)} from I in the mean. Its entries’ standard deviation over the places of an image is ${formatSmall(positions)}${over}.</p>`;
}

/** Parameters by what they are for, and the work; of a predictor apart. */
function costLine(cost: InspectionCost, costs: readonly InspectionCost[]): Html {
  const count = (value: number) => value.toLocaleString('en-US');
  const roles = Object.entries(cost.byRole).map(([role, values]) => `${role} ${count(values)}`);
  const served = costs.filter(({ serves }) => serves === cost.name);
  const sum = (of: (cost: InspectionCost) => number | null) =>
    served.reduce((all, each) => all + (of(each) ?? 0), 0);
  const predictor =
    served.length > 0 &&
    html`; its predictor <b>${count(sum(({ parameters }) => parameters))}</b> and <b>${count(sum(({ multiplyAdds }) => multiplyAdds))}</b>`;
  return html`<p>Parameters <b>${count(cost.parameters)}</b> (${roles.join(', ')}), multiply-adds <b>${cost.multiplyAdds === null ? 'open' : count(cost.multiplyAdds)}</b>${predictor}.</p>`;
}

function options(given: Readonly<Record<string, Readonly<Record<string, unknown>>>>): Html | null {
  const told = Object.entries(given).filter(([, each]) => Object.keys(each).length > 0);
  if (told.length === 0) return null;
  const words = (each: Readonly<Record<string, unknown>>) =>
    Object.entries(each)
      .map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(', ');
  return html`<p class="soft options">${told.map(([part, each]) => html`<span><b>${part}</b> ${words(each)}</span><br>`)}</p>`;
}
