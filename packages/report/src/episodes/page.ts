// The page of `neusim fewshot eval` and `compare`: how learners do on episodes, in one file that needs nothing else.

import { classFigures, confusedPairs, shrinkConfusion } from '../evaluation';
import { framePage, heading } from '../frame';
import { type Html, html } from '../html';
import { signed } from '../sections/comparison';
import { classTable, confusionView } from '../sections/evaluation';
import { seriesColor } from '../series';
import { histogram } from './histogram';
import type { EpisodeDifference, EpisodeFigures, EpisodesReport } from './types';

/** The whole page. */
export function episodesPage(report: EpisodesReport): string {
  const { title, evaluations, pairs, command } = report;
  const page = html`<main>
<header>
${heading(report)}
</header>
${accuracySection(evaluations)}
${pairs.length > 0 && pairSection(pairs)}
${evaluations.map(classSection)}
<section>
<h2>Make it again</h2>
<pre>${command}</pre>
</section>
</main>`;
  return framePage(title, page);
}

/** `54.21 ± 0.87 %`. */
export const plusMinus = (value: number, interval: number) => `${value.toFixed(2)} ± ${interval.toFixed(2)}`;

function accuracySection(evaluations: readonly EpisodeFigures[]): Html {
  const rows = evaluations.map(({ name, accuracy, interval, loss }, index) => {
    const color = seriesColor(index);
    const ends = [accuracy - interval, accuracy + interval].map((end) => Math.min(100, Math.max(0, end)));
    const reach = html`<span class="reach" style="left: ${ends[0]!.toFixed(2)}%; right: ${(100 - ends[1]!).toFixed(2)}%; background: ${color}"></span>`;
    const dot = html`<span class="seed" style="left: ${accuracy.toFixed(2)}%; background: ${color}"></span>`;
    return html`<tr><td class="name"><span class="dot" style="background: ${color}"></span>${name}</td><td class="right">${plusMinus(accuracy, interval)}</td><td class="right">${loss?.toFixed(3) ?? '–'}</td><td class="wide"><span class="scale">${reach}${dot}</span></td></tr>`;
  });
  const charts = evaluations.map(
    ({ name, accuracies }, index) =>
      html`<figure><figcaption>${name}</figcaption>${histogram(accuracies, seriesColor(index))}</figure>`,
  );
  return html`<section>
<h2>Accuracy</h2>
<p class="soft">Percent of the queries, the mean over the episodes with its 95 % interval (1.96 standard errors).</p>
<div class="scroll"><table><thead><tr><th>name</th><th class="right">accuracy %</th><th class="right">loss</th><th class="wide">0 to 100 %</th></tr></thead><tbody>${rows}</tbody></table></div>
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
<div class="scroll"><table><thead><tr><th>difference of</th><th class="right">points</th><th class="right">higher in</th><th class="right">lower in</th><th>verdict</th></tr></thead><tbody>${rows}</tbody></table></div>
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
  const view = {
    classes: asked.map((label) => figures[label]!),
    confusion: shrinkConfusion(asked.map((label) => asked.map((other) => confusion[label]![other]!))),
    confused: confusedPairs(classes, confusion),
  };
  return html`<section>
<h2>Classes · ${name}</h2>
<p class="soft">Queries of all episodes together. A class can only be taken for one that is in the same episode.</p>
<div class="side">${confusionView(view)}${classTable(view.classes)}</div>
</section>`;
}
