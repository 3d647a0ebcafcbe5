// report.html: everything about some runs in one file that needs nothing else, online or off.

import type { RunReport } from '../run/run-report';
import { curves } from './curves';
import { type Html, html, raw } from './html';
import { dynamicSection, matrixSection, shapeSection, spreadSection, tableSection } from './sections';
import { style } from './style';

export interface Report {
  readonly title: string;
  readonly summary: string;
  /** `[what, value]`: seed, engine, data set, machine … */
  readonly facts: readonly (readonly [string, string])[];
  readonly runs: readonly RunReport[];
  /** Runs that are missing, and why. */
  readonly missing: readonly string[];
  /** The command that makes this report again. */
  readonly command: string;
}

/** The whole page, in the order of the runs. */
export function reportPage({ title, summary, facts, runs, missing, command }: Report): string {
  const perRun = (section: (run: RunReport) => Html | null) => runs.flatMap((run) => section(run) ?? []);
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
${tableSection(runs, missing)}
<section><h2>Curves</h2>${curves(runs)}</section>
${perRun(matrixSection)}
${perRun(shapeSection)}
${perRun(dynamicSection)}
${perRun(spreadSection)}
<section>
<h2>Make it again</h2>
<pre>${command}</pre>
${runs.map(
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
