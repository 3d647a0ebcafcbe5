// What a network learned besides kernels: M as it is or as it is predicted over an image, how much that depends on what
// it sees, and D. A report, and a page that trains or looks into a network, show it alike.

import { colorKey, extent, formatSmall } from '../colors';
import { type Html, html } from '../html';
import { entriesOf, type MatrixPart, matrixView, sampleStyle, shapeView, tapMaps } from '../matrix';
import { placesView } from '../places-view';
import type { Learned, StaticMatrix } from '../types';

/**
 * All of it, section by section; nothing for a plain network.
 * @param name of the network.
 */
export function learnedSections(name: string, learned: Learned): Html[] {
  return [matrixSection, shapeSection, samplingSection, dynamicSection, spreadSection].flatMap(
    (section) => section(name, learned) ?? [],
  );
}

/** The learned M of every layer whose M is a weight. */
function matrixSection(name: string, { matrices }: Learned): Html | null {
  if (matrices.length === 0) return null;
  const full = matrices.some(({ form }) => form !== 'diagonal');
  const layers = matrices.map((matrix) => {
    const views = full ? [view(matrix, 'M'), view(matrix, 'M − I')] : [view(matrix, 'M − I')];
    return html`<div><h3>${matrix.layer}</h3><div class="pair">${views}</div></div>`;
  });
  return html`<section>
<h2>Learned M · ${name}</h2>
<p class="soft">${
    full
      ? 'Rows are kernel taps, columns the input taps they are compared with. M = I is the inner product of a plain convolution; M − I is what learning added to it, each layer on a scale of its own. A penalty pulls M to zero, which shrinks its diagonal. All of it folds into the kernel for inference.'
      : 'One value a tap, in the shape of the window; numbers are M − 1. All of it folds into the kernel for inference.'
  }</p>
<div class="layers">${layers}</div>
</section>`;
}

function view(matrix: StaticMatrix, part: MatrixPart): Html {
  const most = extent(entriesOf(matrix, part));
  return html`<div><small>${part}</small>${matrixView(matrix, part, most)}${colorKey(most, 'page')}</div>`;
}

/** The D of every layer whose shape is learned. */
function shapeSection(name: string, { shapes }: Learned): Html | null {
  if (shapes.length === 0) return null;
  const layers = shapes.map((shape) => html`<div><h3>${shape.layer}</h3>${shapeView(shape)}</div>`);
  return html`<section>
<h2>Learned D · ${name}</h2>
<p class="soft">The taps that the kernel kept.</p>
<div class="layers">${layers}</div>
</section>`;
}

/** Where the taps of the middle position read. */
function samplingSection(name: string, { sampling = [], sample }: Learned): Html | null {
  if (sampling.length === 0) return null;
  const layers = sampling.map((places) => html`<div><h3>${places.layer}</h3>${placesView(places)}</div>`);
  return html`<section>
<h2>Where taps read · ${name}</h2>
<p class="soft">At the middle of the image: rings are the window’s lattice, dots where the taps read. What they read lies on the layer’s input, drawn here over the image.</p>
<div class="layers" style="${sampleStyle(sample.picture)}">${layers}</div>
</section>`;
}

/** The predicted M over the sample image. */
function dynamicSection(name: string, { dynamic, sample }: Learned): Html | null {
  if (dynamic.length === 0) return null;
  const full = dynamic.some(({ form }) => form === 'full');
  const layers = dynamic.map((matrix) => {
    const { view: maps, most } = tapMaps(matrix);
    const size = matrix.positions.join('×');
    return html`<div><h3>${matrix.layer} <small>${size} positions</small></h3>${maps}${colorKey(most, 'image')}</div>`;
  });
  return html`<section>
<h2>Predicted M over an image · ${name}</h2>
<p class="soft">${
    full
      ? 'How much the centre of the kernel reads from each tap of its window, at every position: the centre’s row of M − I.'
      : 'One map for each tap of the window, in the tap’s place: M − 1 at every position. Where a map is orange the kernel listens to that tap more than a plain convolution would, where it is blue less.'
  }</p>
<div class="layers${dynamic.length > 3 ? '' : ' few'}" style="${sampleStyle(sample.picture)}"><div><h3>input</h3><img class="sample" alt="the sample image" src="${sample.picture.uri}"><small>a test image of “${sample.label}”,<br>read as “${sample.predicted}”</small></div>${layers}</div>
</section>`;
}

/** How much the predicted M differs over positions and over images. */
function spreadSection(name: string, { spread }: Learned): Html | null {
  if (spread.length === 0) return null;
  const most = Math.max(...spread.flatMap(({ positions, images }) => [positions, images]), 1e-12);
  const bar = (value: number) =>
    html`<td><span class="bar" style="width: ${((100 * value) / most).toFixed(1)}px"></span>${formatSmall(value)}</td>`;
  const rows = spread.map(
    ({ layer, positions, images, fromIdentity }) =>
      html`<tr><td class="name">${layer}</td>${bar(positions)}${bar(images)}<td class="right">${formatSmall(fromIdentity)}</td></tr>`,
  );
  return html`<section>
<h2>Does M depend on what it sees? · ${name}</h2>
<p class="soft">Standard deviation of M’s entries over the positions of one image, and over images at one position (means over the rest). Zero would be a static similarity.</p>
<div class="scroll"><table><thead><tr><th>layer</th><th>over positions</th><th>over images</th><th class="right">mean |M − I|</th></tr></thead><tbody>${rows}</tbody></table></div>
</section>`;
}
