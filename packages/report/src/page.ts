// report.html: everything about some runs in one file that needs nothing else, online or off.

import { curves } from './curves';
import { type Html, html, raw } from './html';
import { comparisonSection } from './sections/comparison';
import { evaluationSection, mistakesSection } from './sections/evaluation';
import { learnedSections } from './sections/learned';
import { tableSection } from './sections/table';
import { seriesColor } from './series';
import { style } from './style';
import type { Report, RunReport } from './types';

/**
 * The whole page, in the order of the runs. Of several seeds of one variant, what is drawn is the first's.
 * @param document draws the charts: a page's own; in Node, linkedom's.
 */
export function reportPage(report: Report, document: Document): string {
  const { title, summary, facts, runs, missing, comparison, command } = report;
  const names = [...new Set(runs.map(({ result }) => result.name))];
  const colorOf = (name: string) => seriesColor(names.indexOf(name));
  const firsts = names.map((name) => runs.find(({ result }) => result.name === name) as RunReport);
  const perRun = (section: (run: RunReport) => Html | readonly Html[] | null) =>
    firsts.flatMap((run) => section(run) ?? []);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${raw(style)}</style>
</head>
<body>
<main>
<header>
<h1>${title}</h1>
<p class="soft">${summary}</p>
<div class="facts">${facts.map(([what, value]) => html`<span>${what} <b>${value}</b></span>`)}</div>
</header>
${tableSection(runs, missing, colorOf)}
${comparisonSection(comparison, colorOf)}
<section><h2>Curves</h2>${curves(document, runs, colorOf)}</section>
${perRun(evaluationSection)}
${perRun(mistakesSection)}
${perRun(({ result, learned }) => learned && learnedSections(result.name, learned))}
<section>
<h2>Make it again</h2>
<pre>${command}</pre>
${firsts.map(
  ({ result, config }) =>
    html`<details><summary>Config of ${result.name}</summary><pre>${JSON.stringify(config, null, 2)}</pre></details>`,
)}
</section>
</main>
</body>
</html>
`;
  return page.text;
}
