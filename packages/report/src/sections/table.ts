// The results' table; the lowest test error is set in bold.

import { resultColumns } from '../columns';
import { type Html, html } from '../html';
import type { RunReport } from '../types';

/** @param colorOf a run's, by its name. */
export function tableSection(
  runs: readonly RunReport[],
  missing: readonly string[],
  colorOf: (name: string) => string,
): Html {
  const columns = resultColumns(runs.map(({ result }) => result));
  const errors = runs.flatMap(({ result }) => result.testError ?? []);
  const best = runs.length > 1 ? Math.min(...errors) : Number.NaN;
  const head = columns.map(({ title, align }) => html`<th class="${align}">${title}</th>`);
  const body = runs.map(({ result }) => {
    const cells = columns.map(({ title, align, cell }, at) => {
      const bold = title === 'test error %' && result.testError === best ? ' best' : '';
      const dot = at === 0 && html`<span class="dot" style="background: ${colorOf(result.name)}"></span>`;
      return html`<td class="${align}${at === 0 ? ' name' : ''}${bold}">${dot}${cell(result) ?? '–'}</td>`;
    });
    return html`<tr>${cells}</tr>`;
  });
  return html`<section>
<h2>Results</h2>
${missing.map((why) => html`<p class="missing">${why}</p>`)}
<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>
</section>`;
}
