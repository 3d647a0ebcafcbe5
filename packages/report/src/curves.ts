// Loss, test error and learning rate over the steps, a line for each run; what happened on the way stands below.

import * as Plot from '@observablehq/plot';
import { chart } from './chart';
import { type Html, html } from './html';
import type { Point, RunReport } from './types';

interface Curve {
  readonly title: string;
  readonly note: string;
  readonly unit: string;
  readonly dots: boolean;
  points(run: RunReport): readonly Point[];
}

const curvesOf: readonly Curve[] = [
  {
    title: 'Training loss',
    note: 'smoothed from 40 points on; log scale',
    unit: 'loss',
    dots: false,
    points: ({ loss }) => smooth(loss),
  },
  {
    title: 'Test error',
    note: 'percent of the test images; log scale',
    unit: '%',
    dots: true,
    points: ({ testError }) => thin(testError),
  },
  {
    title: 'Learning rate',
    note: 'log scale',
    unit: 'rate',
    dots: false,
    points: ({ learningRate }) => thin(learningRate),
  },
];

const WIDTH = 420;
const HEIGHT = 250;
/** More points than pixels only make the file larger. */
const MOST_POINTS = 240;
/** Of a run whose parts were resumed many times, say. */
const MOST_NOTES = 12;

/** The charts side by side, the key above them, and what the runs had to say. */
export function curves(
  document: Document,
  runs: readonly RunReport[],
  colorOf: (name: string) => string,
): Html {
  const names = [...new Set(runs.map(({ result }) => result.name))];
  const keys = names.map(
    (name) =>
      html`<span class="chip"><span class="dot" style="background: ${colorOf(name)}"></span>${name}</span>`,
  );
  const charts = curvesOf.map(
    (which) =>
      html`<figure><figcaption>${which.title} <small>${which.note}</small></figcaption>${curve(document, runs, which, colorOf)}</figure>`,
  );
  return html`<div class="chips">${keys}</div>
<div class="charts">${charts}</div>${notes(runs)}`;
}

function notes(runs: readonly RunReport[]): Html | null {
  const told = runs.flatMap(({ result, notes: all }) =>
    all.slice(0, MOST_NOTES).map(({ step, text }) => html`<li>${result.name}, step ${step}: ${text}</li>`),
  );
  return told.length > 0 ? html`<ul class="notes">${told}</ul>` : null;
}

function curve(
  document: Document,
  runs: readonly RunReport[],
  { title, unit, dots, points }: Curve,
  colorOf: (name: string) => string,
): Html {
  const lines = runs.map((run) => ({
    stroke: colorOf(run.result.name),
    line: points(run).filter(([, y]) => y > 0),
    notes: run.notes,
  }));
  if (lines.every(({ line }) => line.length < 2))
    return html`<p class="empty">Fewer than two points were recorded.</p>`;
  return chart(document, `${title} of ${runs.map((run) => run.result.name).join(', ')}`, {
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 52,
    marginRight: 16,
    x: { label: 'step', ticks: 6, tickSize: 0, tickFormat: 'd', labelArrow: 'none' },
    y: {
      type: 'log',
      label: unit,
      grid: true,
      ticks: ticks(lines.map(({ line }) => line)),
      tickSize: 0,
      tickFormat: '~g',
      labelArrow: 'none',
    },
    marks: lines.flatMap(({ line, stroke, notes: told }) => [
      Plot.ruleX(told.slice(0, MOST_NOTES), {
        x: 'step',
        stroke,
        strokeDasharray: '2,3',
        title: 'text',
      }),
      Plot.lineY(line, { x: '0', y: '1', stroke, strokeWidth: 2, strokeLinejoin: 'round' }),
      ...(dots && line.length <= 60
        ? [Plot.dot(line, { x: '0', y: '1', r: 3, fill: stroke, title: titleOf })]
        : []),
    ]),
  });
}

/** 1, 2 and 5 times the powers of ten that the lines reach; every digit times them where that gives too few. */
function ticks(lines: readonly (readonly Point[])[]): number[] {
  // One by one: a hundred thousand values are more than a call takes as its arguments.
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const line of lines) for (const [, y] of line) [least, most] = [Math.min(least, y), Math.max(most, y)];
  const powers = Array.from({ length: 15 }, (_, index) => Number(`1e${index - 10}`));
  const inside = (digits: readonly number[]) =>
    powers
      .flatMap((power) => digits.map((digit) => Number((digit * power).toPrecision(3))))
      .filter((tick) => tick >= least && tick <= most);
  const few = inside([1, 2, 5]);
  return few.length > 1 ? few : inside([1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9]);
}

const titleOf = ([step, value]: Point) => `step ${step}: ${value.toFixed(2)} %`;

/** The last point, and no more than fit of those before. */
function thin(points: readonly Point[]): Point[] {
  const every = Math.max(1, Math.ceil(points.length / MOST_POINTS));
  return points.filter((_, index) => index % every === 0 || index === points.length - 1);
}

/** Means of neighbouring points, so that the lines do not hide each other; few points are drawn as they are. */
export function smooth(points: readonly Point[]): Point[] {
  const every = Math.max(1, Math.ceil(points.length / MOST_POINTS));
  const reach = Math.floor(points.length / 40);
  return points.flatMap(([step], at) => {
    if (at % every !== 0 && at !== points.length - 1) return [];
    const near = points.slice(Math.max(0, at - reach), at + reach + 1);
    return [[step, near.reduce((sum, point) => sum + point[1], 0) / near.length] as const];
  });
}
