// Observable Plot as an inline SVG: it draws with the document it is given, and the SVG is written out as text.

import * as Plot from '@observablehq/plot';
import { type Html, raw } from './html';

/**
 * A chart. Its texts take the colour and font of the page around it.
 * @param document a page's own; in Node, linkedom's.
 * @param label what the chart shows, for people who do not see it.
 */
export function chart(document: Document, label: string, options: Plot.PlotOptions): Html {
  const svg = Plot.plot({ ...options, document });
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  return raw(svg.outerHTML);
}
