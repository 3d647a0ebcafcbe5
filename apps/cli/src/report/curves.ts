// Loss and test error over the steps, a line for each run.

import * as Plot from '@observablehq/plot';
import type { Point, RunReport } from '../run/run-report';
import { chart } from './chart';
import { type Html, html } from './html';
import { seriesColor } from './series';

type Curve = 'loss' | 'testError';

const WIDTH = 560;
const HEIGHT = 280;
/** More points than pixels only make the file larger. */
const MOST_POINTS = 240;

/** Both charts side by side, and the key above them. */
export function curves(runs: readonly RunReport[]): Html {
  const keys = runs.map(
    ({ result }, index) =>
      html`<span class="chip"><span class="dot" style="background: ${seriesColor(index)}"></span>${result.name}</span>`,
  );
  return html`<div class="chips">${keys}</div>
<div class="charts">
<figure><figcaption>Training loss <small>smoothed; log scale</small></figcaption>${curve(runs, 'loss', 'loss')}</figure>
<figure><figcaption>Test error <small>percent of the test images; log scale</small></figcaption>${curve(runs, 'testError', '%')}</figure>
</div>`;
}

function curve(runs: readonly RunReport[], which: Curve, unit: string): Html {
  const lines = runs.map((run) =>
    (which === 'loss' ? smooth(run.loss) : run.testError).filter(([, y]) => y > 0),
  );
  if (lines.every((line) => line.length < 2))
    return html`<p class="empty">Fewer than two points were recorded.</p>`;
  return chart(`${which} of ${runs.map((run) => run.result.name).join(', ')}`, {
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 44,
    marginRight: 16,
    x: { label: 'step', ticks: 6, tickSize: 0, tickFormat: 'd', labelArrow: 'none' },
    y: {
      type: 'log',
      label: unit,
      grid: true,
      ticks: ticks(lines),
      tickSize: 0,
      tickFormat: '~g',
      labelArrow: 'none',
    },
    marks: lines.flatMap((line, index) => [
      Plot.lineY(line, {
        x: '0',
        y: '1',
        stroke: seriesColor(index),
        strokeWidth: 2,
        strokeLinejoin: 'round',
      }),
      ...(which === 'testError'
        ? [Plot.dot(line, { x: '0', y: '1', r: 3, fill: seriesColor(index), title: titleOf })]
        : []),
    ]),
  });
}

/** 1, 2 and 5 times the powers of ten that the lines reach; every digit times them where that gives too few. */
function ticks(lines: readonly (readonly Point[])[]): number[] {
  const values = lines.flatMap((line) => line.map(([, y]) => y));
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const powers = Array.from({ length: 13 }, (_, index) => 10 ** (index - 8));
  const inside = (digits: readonly number[]) =>
    powers
      .flatMap((power) => digits.map((digit) => digit * power))
      .filter((tick) => tick >= least && tick <= most);
  const few = inside([1, 2, 5]);
  return few.length > 1 ? few : inside([1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9]);
}

const titleOf = ([step, value]: Point) => `step ${step}: ${value.toFixed(2)} %`;

/** Means of neighbouring points, so that the lines do not hide each other. */
function smooth(points: readonly Point[]): Point[] {
  const every = Math.max(1, Math.ceil(points.length / MOST_POINTS));
  const reach = Math.max(1, Math.round(points.length / 40));
  return points
    .filter((_, index) => index % every === 0 || index === points.length - 1)
    .map(([step]) => {
      const at = points.findIndex((point) => point[0] === step);
      const near = points.slice(Math.max(0, at - reach), at + reach + 1);
      return [step, near.reduce((sum, point) => sum + point[1], 0) / near.length];
    });
}
