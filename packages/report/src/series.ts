// The colours of runs: one for each, the same in every chart, chip and table of a page.

/** CSS colour of the run at `index`; defined for light and dark in the style sheet. */
export function seriesColor(index: number): string {
  return `var(--series-${(index % 6) + 1})`;
}
