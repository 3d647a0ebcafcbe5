// Observable Plot in Node: linkedom gives it the document it draws with, and the SVG is written out as text.

import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { type Html, raw } from './html';

/**
 * A chart as an inline SVG. Its texts take the colour and font of the page around it.
 * @param label what the chart shows, for people who do not see it.
 */
export function chart(label: string, options: Plot.PlotOptions): Html {
  const { document } = parseHTML('<html><body></body></html>');
  const svg = Plot.plot({ ...options, document: document as unknown as Document });
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  return raw(svg.outerHTML);
}
