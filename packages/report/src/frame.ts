// What every page has around its sections: one file that needs nothing else.

import { type Html, html, raw } from './html';
import { style } from './style';

export interface Heading {
  readonly title: string;
  readonly summary: string;
  /** What, and its value. */
  readonly facts: readonly (readonly [what: string, value: string])[];
}

/** Title, summary and facts. */
export const heading = ({ title, summary, facts }: Heading): Html => html`<h1>${title}</h1>
<p class="soft">${summary}</p>
<div class="facts">${facts.map(([what, value]) => html`<span>${what} <b>${value}</b></span>`)}</div>`;

/** A command line, broken between its words; within one only where it is longer than a line. */
export const commandBlock = (command: string): Html =>
  html`<pre class="command">${command.split(/( +)/).map((each) => (each.trim() ? html`<span>${each}</span>` : each))}</pre>`;

/** The whole page. @param more styles besides those of all pages. */
export function framePage(title: string, main: Html, more = ''): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${raw(style)}${raw(more)}</style>
</head>
<body>
${main}
</body>
</html>
`.text;
}
