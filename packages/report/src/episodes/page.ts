// The page of `neusim fewshot eval` and `compare`: how learners do on episodes, in one file that needs nothing else.

import { type ConfusionCell, classFigures, confusedPairs, shrinkConfusion } from '../evaluation';
import { commandBlock, framePage, heading } from '../frame';
import { type Html, html } from '../html';
import { signed } from '../sections/comparison';
import { classTable, confusionView } from '../sections/evaluation';
import { seriesColor } from '../series';
import { histogram } from './histogram';
import { style } from './style';
import type { EpisodeDifference, EpisodeFigures, EpisodesReport } from './types';

/** The whole page. */
export function episodesPage(report: EpisodesReport): string {
  const { title, warnings = [], way, evaluations, pairs, command } = report;
  const page = html`<main>
<header>
${heading(report)}
${warnings.length > 0 && html`<ul class="notes">${warnings.map((each) => html`<li>${each}</li>`)}</ul>`}
</header>
${accuracySection(evaluations, 100 / way)}
${pairs.length > 0 && pairSection(pairs)}
${evaluations.map(classSection)}
<section>
<h2>Make it again</h2>
${commandBlock(command)}
</section>
</main>`;
  return framePage(title, page, style);
}

/** `54.21 ± 0.87`. */
export const plusMinus = (value: number, interval: number) => `${value.toFixed(2)} ± ${interval.toFixed(2)}`;

/** Of percent. */
const MARKS = [0, 50, 100];

/** @param chance in percent. */
function accuracySection(evaluations: readonly EpisodeFigures[], chance: number): Html {
  const line = (percent: number, more = '') =>
    html`<span class="mark line${more}" style="left: ${percent.toFixed(2)}%"></span>`;
  const lines = [...MARKS.map((percent) => line(percent)), line(chance, ' chance')];
  const rows = evaluations.map(({ name, accuracy, interval, loss }, index) => {
    const color = seriesColor(index);
    const isHalf = typeof interval === 'number';
    const [low, high] = (isHalf ? [accuracy - interval, accuracy + interval] : interval).map((end) =>
      Math.min(100, Math.max(0, end)).toFixed(2),
    ) as [string, string];
    const text = isHalf ? plusMinus(accuracy, interval) : `${accuracy.toFixed(2)} (${low} to ${high})`;
    const reach = html`<span class="reach" style="left: ${low}%; right: calc(100% - ${high}%); background: ${color}"></span>`;
    const dot = html`<span class="seed" style="left: ${accuracy.toFixed(2)}%; background: ${color}"></span>`;
    return html`<tr><td class="name"><span class="dot" style="background: ${color}"></span>${name}</td><td class="right">${text}</td><td class="right">${loss?.toFixed(3) ?? '–'}</td><td class="wide"><span class="percent scale">${lines}${reach}${dot}</span></td></tr>`;
  });
  const marks = MARKS.map((percent) => html`<span class="mark" style="left: ${percent}%">${percent}</span>`);
  const charts = evaluations.map(
    ({ name, accuracies }, index) =>
      html`<figure><figcaption>${name}</figcaption>${histogram(accuracies, seriesColor(index), chance)}</figure>`,
  );
  const isCounted = evaluations.some(({ interval }) => typeof interval !== 'number');
  const what = isCounted
    ? 'Percent of the queries of all runs together, with the 95 % interval of so many trials (Wilson).'
    : 'Percent of the queries, the mean over the episodes with its 95 % interval (1.96 standard errors).';
  return html`<section>
<h2>Accuracy</h2>
<p class="soft">${what} The dashed line is chance, ${Number(chance.toFixed(2))} %.</p>
<div class="scroll"><table class="fold" style="--figures: 3fr 2fr"><thead><tr><th>name</th><th class="right">accuracy %</th><th class="right">loss</th><th class="wide"><span class="percent marks">${marks}</span></th></tr></thead><tbody>${rows}</tbody></table></div>
<h3>Episodes by their accuracy</h3>
<div class="charts">${charts}</div>
</section>`;
}

function pairSection(pairs: readonly EpisodeDifference[]): Html {
  const rows = pairs.map(
    ({ a, b, difference, interval, higher, lower }) =>
      html`<tr><td class="name">${b} − ${a}</td><td class="right">${signed(difference)} ± ${interval.toFixed(2)}</td><td class="right">${higher}</td><td class="right">${lower}</td><td class="words">${verdictOf({ a, b, difference, interval })}</td></tr>`,
  );
  return html`<section>
<h2>Differences</h2>
<p class="soft">In points, taken episode by episode: all learned the same episodes. Intervals are of 95 %, each for its pair alone.</p>
<div class="scroll"><table class="fold" style="--figures: 3fr 2fr 2fr"><thead><tr><th>difference of</th><th class="right">points</th><th class="right">higher in</th><th class="right">lower in</th><th class="words">verdict</th></tr></thead><tbody>${rows}</tbody></table></div>
</section>`;
}

/** In words, by whether the interval holds zero. */
export function verdictOf({
  a,
  b,
  difference,
  interval,
}: Pick<EpisodeDifference, 'a' | 'b' | 'difference' | 'interval'>): string {
  if (Math.abs(difference) <= interval) return `${a} and ${b} cannot be told apart`;
  return difference > 0 ? `${b} is the more accurate` : `${a} is the more accurate`;
}

function classSection({ name, classes, confusion }: EpisodeFigures): Html {
  const figures = classFigures(classes, confusion);
  const asked = figures.flatMap(({ images }, label) => (images > 0 ? [label] : []));
  const places = new Map(asked.map((label, place) => [label, place]));
  const cells = confusion.flatMap(([label, predicted, queries]): ConfusionCell[] => {
    const [row, column] = [places.get(label), places.get(predicted)];
    return row === undefined || column === undefined ? [] : [[row, column, queries]];
  });
  if (asked.length === 0)
    return html`<section>
<h2>Classes · ${name}</h2>
<p class="soft">No query was answered by a number.</p>
</section>`;
  const view = {
    classes: asked.map((label) => figures[label]!),
    confusion: shrinkConfusion(asked.length, cells),
    confused: confusedPairs(classes, confusion),
  };
  return html`<section>
<h2>Classes · ${name}</h2>
<p class="soft">Queries of all episodes together. A class can only be taken for one that is in the same episode.</p>
<div class="side">${confusionView(view)}${classTable(view.classes)}</div>
</section>`;
}
