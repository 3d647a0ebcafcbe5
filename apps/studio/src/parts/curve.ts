// A live curve of a run: the loss on the left axis, the test error on the right one, by uPlot on a canvas.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { percent, small } from './numbers';

export interface Curve {
  /** Empties the curve, for a run of so many steps. */
  begin(steps: number): void;
  loss(step: number, value: number): void;
  /** @param percent of the test images. */
  testError(step: number, percent: number): void;
}

type Row = [step: number, loss: number | null, error: number | null];

const NARROW = 480;

/** Draws into an element, at its width; anew when that changes, or the page turns light or dark. */
export function createCurve(parent: HTMLElement): Curve {
  let steps = 1;
  let rows: Row[] = [];
  let plot: uPlot | undefined;
  let isDue = false;

  const data = (): uPlot.AlignedData => [
    rows.map(([step]) => step),
    rows.map(([, loss]) => loss),
    rows.map(([, , error]) => error),
  ];
  const make = () => {
    plot?.destroy();
    plot = new uPlot(
      optionsFor(parent, () => steps),
      data(),
      parent,
    );
  };
  const draw = () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      plot?.setData(data());
      parent.setAttribute('aria-label', inWords(rows));
    });
  };
  const at = (step: number) => {
    const last = rows.at(-1);
    if (last?.[0] === step) return last;
    rows.push([step, null, null]);
    return rows.at(-1) as Row;
  };

  make();
  let width = parent.clientWidth;
  new ResizeObserver(() => {
    if (parent.clientWidth === width) return;
    width = parent.clientWidth;
    make();
  }).observe(parent);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', make);

  return {
    begin(count) {
      steps = count;
      rows = [];
      draw();
    },
    loss(step, value) {
      at(step)[1] = value;
      draw();
    },
    testError(step, percent) {
      at(step)[2] = percent;
      draw();
    },
  };
}

/** The curve for who does not see it. Its ends are means of a tenth of the points, since single batches differ. */
function inWords(rows: readonly Row[]): string {
  const losses = rows.flatMap(([, loss]) => loss ?? []);
  if (losses.length === 0) return 'Curve of loss and test error over the steps: empty';
  const tenth = Math.ceil(losses.length / 10);
  const mean = (values: readonly number[]) =>
    small(values.reduce((sum, value) => sum + value, 0) / values.length);
  const ends = `Loss from ${mean(losses.slice(0, tenth))} to ${mean(losses.slice(-tenth))}`;
  const [step, , error] = rows.findLast(([, , value]) => value !== null) ?? [];
  return error == null ? ends : `${ends}; test error ${percent(error)} after step ${step}`;
}

function optionsFor(parent: HTMLElement, steps: () => number): uPlot.Options {
  const style = getComputedStyle(parent);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const isNarrow = parent.clientWidth < NARROW;
  const axis = (more: uPlot.Axis): uPlot.Axis => ({
    stroke: color('--faint'),
    font: `12px ${style.fontFamily}`,
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
    ...more,
  });
  const above0 = (least: number) => (_: uPlot, __: number, max: number) =>
    [0, Math.max(least, 1.05 * (max ?? 0))] as [number, number];
  return {
    width: Math.max(200, parent.clientWidth),
    height: isNarrow ? 220 : 300,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: () => [0, steps()] },
      loss: { range: above0(0.5) },
      error: { range: above0(10) },
    },
    axes: [
      axis({ space: 60, size: 28, grid: { show: false } }),
      axis({ scale: 'loss', size: 40, values: (_, ticks) => ticks.map((tick) => String(tick)) }),
      axis({
        scale: 'error',
        side: 1,
        size: 44,
        grid: { show: false },
        values: (_, ticks) => ticks.map((tick) => `${tick} %`),
      }),
    ],
    series: [
      {},
      {
        scale: 'loss',
        stroke: color('--loss'),
        width: 2,
        spanGaps: true,
        points: { show: false },
      },
      {
        scale: 'error',
        stroke: color('--error'),
        width: 2,
        dash: [6, 4],
        spanGaps: true,
        points: { show: true, size: 7, fill: color('--error') },
      },
    ],
  };
}
