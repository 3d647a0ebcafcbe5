// report.html: everything about some runs in one file that needs nothing else, online or off.

import { curves } from './curves';
import { commandBlock, framePage, heading } from './frame';
import { type Html, html } from './html';
import { comparisonSection } from './sections/comparison';
import { evaluationSection, mistakesSection } from './sections/evaluation';
import { learnedSections } from './sections/learned';
import { tableSection } from './sections/table';
import { seriesColor } from './series';
import type { Report, RunReport } from './types';

/**
 * The whole page, in the order of the runs. Of several seeds of one variant, what is drawn is the first's.
 * @param document draws the charts: a page's own; in Node, linkedom's.
 */
export function reportPage(report: Report, document: Document): string {
  const { title, runs, missing, comparison, command } = report;
  const names = [...new Set(runs.map(({ result }) => result.name))];
  const colorOf = (name: string) => seriesColor(names.indexOf(name));
  const firsts = names.map((name) => runs.find(({ result }) => result.name === name) as RunReport);
  const perRun = (section: (run: RunReport) => Html | readonly Html[] | null) =>
    firsts.flatMap((run) => section(run) ?? []);
  const page = html`<main>
<header>
${heading(report)}
</header>
${tableSection(runs, missing, colorOf)}
${comparisonSection(comparison, colorOf)}
<section><h2>Curves</h2>${curves(document, runs, colorOf)}</section>
${perRun(evaluationSection)}
${perRun(mistakesSection)}
${perRun(({ result, learned }) => learned && learnedSections(result.name, learned))}
<section>
<h2>Make it again</h2>
${commandBlock(command)}
${firsts.map(
  ({ result, config }) =>
    html`<details><summary>Config of ${result.name}</summary><pre>${JSON.stringify(config, null, 2)}</pre></details>`,
)}
</section>
</main>`;
  return framePage(title, page);
}
