// How a network does on the test images: its classes, what it confuses, and its worst mistakes as pictures.

import { formatPercent } from '../colors';
import { type Html, html, raw } from '../html';
import { pngDataUri } from '../png';
import { wilson } from '../statistics/intervals';
import type { ClassFigures, EvaluationReport, RunReport } from '../types';

/** Classes of which every one is shown. */
const FEW = 30;
/** Classes whose cells have room for digits. */
const VERY_FEW = 12;

export function evaluationSection({ result, evaluation }: RunReport): Html | null {
  if (!evaluation) return null;
  const { split, images, error, top5Error, wrong } = evaluation;
  const [low, high] = wilson(wrong.length, images);
  const top5 = top5Error !== null && html`, top-5 error <b>${formatPercent(top5Error)}</b>`;
  return html`<section>
<h2>What it gets right · ${result.name}</h2>
<p class="soft">Error <b>${formatPercent(error)}</b> of ${images.toLocaleString('en-US')} ${split} images (95 %: ${formatPercent(100 * low)} to ${formatPercent(100 * high)})${top5}, loss <b>${evaluation.loss?.toFixed(3) ?? '–'}</b>.</p>
<div class="side">${confusionView(evaluation)}${classTable(evaluation.classes)}</div>
</section>`;
}

export function mistakesSection({ result, evaluation }: RunReport): Html | null {
  if (!evaluation || evaluation.mistakes.length === 0) return null;
  const pictures = evaluation.mistakes.map(
    ({ index, file, picture, label, predicted, probability, loss }) =>
      html`<figure class="mistake" title="${`image ${index}${file ? `, ${file}` : ''}: loss ${loss}`}"><img alt="an image of ${label}" src="${picture.uri}" width="${picture.width}" height="${picture.height}"><figcaption><b>${label}</b><span>read as <b>${predicted}</b></span><small>${probability === null ? '–' : formatPercent(100 * probability)} sure</small>${file && html`<small class="file">${file}</small>`}</figcaption></figure>`,
  );
  return html`<section>
<h2>Worst mistakes · ${result.name}</h2>
<p class="soft">The ${evaluation.split} images of the highest loss: what they are, and what the network read with how much of its softmax.</p>
<div class="mistakes">${pictures}</div>
</section>`;
}

/** The matrix, and with many classes the pairs most often confused. */
export function confusionView({
  confusion,
  classes,
  confused,
}: Pick<EvaluationReport, 'confusion' | 'classes' | 'confused'>): Html {
  const many = classes.length > FEW;
  const rows = confused.map(
    ({ label, predicted, images }) =>
      html`<tr><td>${label}</td><td>${predicted}</td><td class="right">${images}</td></tr>`,
  );
  const pairs =
    many &&
    confused.length > 0 &&
    html`<h3>Most often confused</h3><div class="scroll"><table><thead><tr><th>is</th><th>read as</th><th class="right">images</th></tr></thead><tbody>${rows}</tbody></table></div>`;
  const note = many
    ? `${confusion.perCell > 1 ? `${confusion.perCell} classes a cell, in` : 'In'} the order of the classes; rows are what images are, columns what they are read as.`
    : 'Rows are what images are, columns what they are read as. Colour: share of the row.';
  return html`<div><h3>Confusion</h3>${many ? confusionMap(confusion.counts) : confusionCells(confusion.counts, classes)}<p class="soft note">${note}</p>${pairs}</div>`;
}

/** Right answers in one colour, mistakes in the other, faint to full by their share of the row. */
function tone(count: number, total: number, isRight: boolean): { colour: string; opacity: number } {
  const share = total > 0 ? count / total : 0;
  // The root lifts the few mistakes above what an eye can tell from nothing.
  return { colour: isRight ? 'var(--below)' : 'var(--above)', opacity: isRight ? share : Math.sqrt(share) };
}

function confusionCells(
  counts: EvaluationReport['confusion']['counts'],
  classes: readonly ClassFigures[],
): Html {
  const digits = classes.length <= VERY_FEW;
  const size = digits ? 36 : 18;
  const letters = Math.max(...classes.map(({ name }) => [...name].length));
  const left = 14 + Math.min(160, 7 * letters);
  const side = size * classes.length;
  const lines = counts.map((row, label) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const name = classes[label]?.name ?? '';
    const cells = row.map((count, predicted) => {
      const { colour, opacity } = tone(count, total, label === predicted);
      const [x, y] = [left + predicted * size, label * size];
      const title = `${name} read as ${classes[predicted]?.name}: ${count}`;
      const text =
        digits &&
        count > 0 &&
        html`<text x="${x + size / 2}" y="${y + size / 2}" dy="0.35em">${count}</text>`;
      return html`<rect x="${x}" y="${y}" width="${size}" height="${size}" style="fill: ${raw(colour)}; fill-opacity: ${opacity.toFixed(3)}"><title>${title}</title></rect>${text}`;
    });
    return html`<text class="axis" x="${left - 6}" y="${label * size + size / 2}" dy="0.35em">${short(name)}</text>${cells}`;
  });
  const below = classes.map(({ name }, index) => {
    const [x, y] = [left + index * size + size / 2, side + 8];
    return letters <= 2
      ? html`<text x="${x}" y="${y + 8}">${name}</text>`
      : html`<text class="axis" transform="translate(${x} ${y}) rotate(-60)" dy="0.35em">${short(name)}</text>`;
  });
  const [width, height] = [left + side + 2, side + (letters <= 2 ? 24 : left)];
  return html`<div class="scroll"><svg class="cells confusion" role="img" aria-label="confusion matrix" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${lines}${below}</svg></div>`;
}

const short = (name: string) => ([...name].length > 22 ? `${[...name].slice(0, 21).join('')}…` : name);

/** One pixel a cell. */
function confusionMap(counts: EvaluationReport['confusion']['counts']): Html {
  const pixels = counts.flatMap((row, label) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.flatMap((count, predicted) => {
      const isRight = label === predicted;
      const { opacity } = tone(count, total, isRight);
      return [...(isRight ? [57, 135, 229] : [230, 103, 47]), Math.round(255 * opacity)];
    });
  });
  const uri = pngDataUri(counts.length, counts.length, Uint8Array.from(pixels));
  return html`<img class="confusion-map" alt="confusion matrix" src="${uri}">`;
}

/** Accuracy of each class, of the hardest where there are many. */
export function classTable(classes: readonly ClassFigures[]): Html {
  const tested = classes.filter(({ images }) => images > 0);
  const shown =
    tested.length > FEW
      ? tested.toSorted((a, b) => b.wrong / b.images - a.wrong / a.images).slice(0, FEW)
      : tested;
  const rows = shown.map(({ name, images, wrong, predicted }) => {
    const right = (100 * (images - wrong)) / images;
    const precision = predicted > 0 ? formatPercent((100 * (images - wrong)) / predicted) : '–';
    return html`<tr><td class="name">${name}</td><td><span class="track"><span class="bar" style="width: ${right.toFixed(1)}%"></span></span>${formatPercent(right)}</td><td class="right">${precision}</td><td class="right">${wrong} of ${images}</td></tr>`;
  });
  const title = shown.length < tested.length ? `The ${FEW} hardest of ${tested.length} classes` : 'Classes';
  return html`<div class="classes"><h3>${title}</h3><div class="scroll"><table><thead><tr><th>class</th><th>accuracy</th><th class="right">precision</th><th class="right">wrong</th></tr></thead><tbody>${rows}</tbody></table></div></div>`;
}
