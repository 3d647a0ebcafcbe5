/**
 * Gradients against difference quotients along random directions. A direction moves each parameter's elements
 * by ± its own root mean square, so that the slope gathers a whole tensor's gradient and stands far above the
 * rounding of the engine; a wrong gradient disagrees along any of them.
 */
import type { NdArray } from '../oracle/array';
import { randomSigns } from '../random';
import { rootMeanSquare } from './root-mean-square';

/** A function's value at moved parameters, and how far rounding may move it. */
export interface Sample {
  readonly value: number;
  readonly rounding: number;
}

/** Gradient by each parameter; null counts as zero. */
export type Gradients = readonly (NdArray | null)[];

export interface SlopeCheck {
  readonly values: readonly NdArray[];
  readonly gradients: Gradients;
  /** Indices of the parameters that move. */
  readonly moving: readonly number[];
  readonly sample: (values: readonly NdArray[]) => Promise<Sample>;
  readonly directions: number;
  /** Steps to try, as parts of a parameter's root mean square, the best first. */
  readonly steps: readonly number[];
  /**
   * Gradients at moved parameters, where the function may have kinks. For these the last resort is
   * f(v + d) - f(v - d) = ∫ ∇f(v + t·d)·d dt, which holds across kinks too.
   */
  readonly path?: (values: readonly NdArray[]) => Promise<Gradients>;
  readonly allowed: number;
  readonly seed: number;
}

/** Steps and directions of attempts along a path; kinks are met at random, so each attempt has fresh directions. */
const pathAttempts = [
  { step: 1e-3, directions: 6 },
  { step: 5e-4, directions: 6 },
  { step: 2e-4, directions: 6 },
];

/**
 * ‖measured - predicted slopes‖ over the larger of their norms, at the first attempt that passes, or else the
 * smallest of all: rounding asks for a large step, curvature and kinks for a small one, and a right gradient
 * agrees at one of them. What rounding and kinks may contribute is taken off by counting it into the scale.
 */
export async function slopeError(check: SlopeCheck): Promise<number> {
  const { path } = check;
  const attempts = [
    ...check.steps.map((step) => ({ step, directions: check.directions, predict: atCentre })),
    ...(path ? pathAttempts.map((attempt) => ({ ...attempt, predict: alongPath(path) })) : []),
  ];
  let best = Number.POSITIVE_INFINITY;
  for (const [i, attempt] of attempts.entries()) {
    const figure = await errorAt(attempt, check, check.seed + 100_000 * i);
    if (figure <= check.allowed) return figure;
    if (figure < best) best = figure;
  }
  return best;
}

type Direction = readonly (Float64Array | null)[];
/** A slope along a direction, and how far kinks on the way may have moved it. */
type Predict = (
  check: SlopeCheck,
  direction: Direction,
  step: number,
) => Promise<{ slope: number; kinks: number }>;

const atCentre: Predict = async ({ gradients }, direction) => ({
  slope: slopeAlong(gradients, direction),
  kinks: 0,
});

/**
 * The mean slope at four midpoints of the way. Their third difference vanishes for a smooth function; for one
 * that jumps it is about 17 times the error of the mean, of which four standard deviations are granted.
 */
const alongPath =
  (gradientsAt: (values: readonly NdArray[]) => Promise<Gradients>): Predict =>
  async ({ values }, direction, step) => {
    const slopes: number[] = [];
    for (const part of [-0.75, -0.25, 0.25, 0.75])
      slopes.push(slopeAlong(await gradientsAt(moved(values, direction, part * step)), direction));
    const [a, b, c, d] = slopes as [number, number, number, number];
    return { slope: (a + b + c + d) / 4, kinks: Math.abs(a - 3 * b + 3 * c - d) / 4 };
  };

interface Attempt {
  readonly step: number;
  readonly directions: number;
  readonly predict: Predict;
}

async function errorAt(
  { step, directions, predict }: Attempt,
  check: SlopeCheck,
  seed: number,
): Promise<number> {
  let [difference, measured, predicted, uncertain] = [0, 0, 0, 0];
  for (let n = 0; n < directions; n++) {
    const direction = check.values.map((array, i) => {
      if (!check.moving.includes(i)) return null;
      const scale = rootMeanSquare(array.data) || 1;
      return randomSigns(array.shape, seed + 1000 * n + i).data.map((sign) => sign * scale);
    });
    const above = await check.sample(moved(check.values, direction, step));
    const below = await check.sample(moved(check.values, direction, -step));
    const slope = (above.value - below.value) / (2 * step);
    const expected = await predict(check, direction, step);
    difference += (slope - expected.slope) ** 2;
    measured += slope ** 2;
    predicted += expected.slope ** 2;
    uncertain += (above.rounding / step) ** 2 + expected.kinks ** 2;
  }
  const scale = Math.sqrt(Math.max(measured, predicted, uncertain / check.allowed ** 2));
  const figure = difference === 0 ? 0 : Math.sqrt(difference) / scale;
  return Number.isFinite(figure) ? figure : Number.POSITIVE_INFINITY;
}

function moved(values: readonly NdArray[], direction: Direction, step: number): NdArray[] {
  return values.map((array, i) => {
    const d = direction[i];
    return d ? { shape: array.shape, data: array.data.map((value, j) => value + step * d[j]!) } : array;
  });
}

function slopeAlong(gradients: Gradients, direction: Direction): number {
  let slope = 0;
  for (const [i, gradient] of gradients.entries()) {
    const d = direction[i];
    if (gradient && d) for (let j = 0; j < d.length; j++) slope += gradient.data[j]! * d[j]!;
  }
  return slope;
}
