/** Rows of the layer check that hold its gradients to slopes of its output, or of its oracle. */
import type { NdArray } from '../oracle/array';
import { randomNormal } from '../random';
import { type CheckRow, checkRow } from '../report';
import { type Gradients, type Sample, slopeError } from './slopes';
import type { Subject } from './subject';

/** A float64 reference of the layer's output for moved parameters. */
export type SubjectOracle = (values: readonly NdArray[]) => Promise<NdArray>;

export interface GradientPlan {
  readonly oracle: SubjectOracle | undefined;
  /** Allowed where the oracle gives the slopes; without one the engine's own rounding bounds it. */
  readonly allowed: number;
  readonly surrogate: (weight: string) => boolean;
  readonly seed: number;
}

/** Norm-wise bound for slopes taken in float32, whose rounding and curvature leave about 1e-4. */
const allowedInFloat32 = 2e-3;
const stepsInFloat32 = [1e-2, 2e-3, 5e-2];
/** Gradients jump at kinks, so gradients of gradients have no path; only a step short enough to meet no kink. */
const stepsOfSecondOrder = [1e-2, 2e-3, 2e-4, 2e-4, 5e-5];
const stepsInFloat64 = [1e-6, 1e-8];
/** Rounding of an output, as a part of its norm; ten times what float32 sums of a thousand products show. */
const outputRounding = 1e-6;

/** One row for each parameter, with the tensor's own directions. */
export async function gradientRows(subject: Subject, outputShape: readonly number[], plan: GradientPlan) {
  const { parameters } = subject;
  const dy = randomNormal(outputShape, plan.seed + 1);
  const gradients = await subject.gradients(dy);
  const rows: CheckRow[] = [];
  for (const [i, { name, array }] of parameters.entries()) {
    const check = `gradient by ${name}`;
    const gradient = gradients[i];
    if (!gradient) rows.push(checkRow(check, Number.POSITIVE_INFINITY, 0, 'no gradient flows to it'));
    else if (i > 0 && plan.surrogate(name)) rows.push(surrogateRow(check, gradient));
    else {
      const directions = Math.min(4, Math.max(1, array.data.length));
      rows.push(await firstOrderRow(check, subject, dy, gradients, [i], directions, plan));
    }
  }
  return rows;
}

/** One row for all parameters moved together. */
export async function jointGradientRow(
  check: string,
  subject: Subject,
  outputShape: readonly number[],
  plan: GradientPlan,
): Promise<CheckRow> {
  const dy = randomNormal(outputShape, plan.seed + 1);
  const gradients = await subject.gradients(dy);
  return firstOrderRow(check, subject, dy, gradients, movable(subject, plan), 2, plan);
}

/** One row for the gradients of the gradients, all parameters moved together. */
export async function secondOrderRow(
  subject: Subject,
  outputShape: readonly number[],
  plan: GradientPlan,
): Promise<CheckRow> {
  const dy = randomNormal(outputShape, plan.seed + 1);
  const moving = movable(subject, plan);
  const weights = subject.parameters.map(({ array }, i) => {
    const direction = randomNormal(array.shape, plan.seed + 2 + i);
    if (!moving.includes(i)) direction.data.fill(0);
    return direction;
  });
  const values = subject.parameters.map(({ array }) => array);
  const figure = await slopeError({
    values,
    gradients: await subject.secondGradients(dy, weights),
    moving,
    sample: async (moved) => {
      const gradients = await subject.gradients(dy, moved);
      return gradients.reduce<Sample>(
        (sum, gradient, i) => {
          if (!gradient) return sum;
          const term = product(gradient, weights[i]!);
          return { value: sum.value + term.value, rounding: Math.hypot(sum.rounding, term.rounding) };
        },
        { value: 0, rounding: 0 },
      );
    },
    directions: 3,
    steps: stepsOfSecondOrder,
    allowed: allowedInFloat32,
    seed: plan.seed + 3,
  });
  return checkRow('second-order gradient', figure, allowedInFloat32);
}

async function firstOrderRow(
  check: string,
  subject: Subject,
  dy: NdArray,
  gradients: Gradients,
  moving: readonly number[],
  directions: number,
  { oracle, allowed, seed }: GradientPlan,
): Promise<CheckRow> {
  const limit = oracle ? allowed : allowedInFloat32;
  const figure = await slopeError({
    values: subject.parameters.map(({ array }) => array),
    gradients,
    moving,
    sample: async (values) => {
      const y = await (oracle ? oracle(values) : subject.output(values));
      const { value, rounding } = product(y, dy);
      return { value, rounding: oracle ? 0 : rounding };
    },
    directions,
    ...(oracle
      ? { steps: stepsInFloat64 }
      : {
          steps: stepsInFloat32,
          path: (values) => subject.gradients(dy, values),
        }),
    allowed: limit,
    seed: seed + 3,
  });
  return checkRow(check, figure, limit);
}

/** A straight-through gradient is no derivative: all that can be asked is that it is finite and not zero. */
function surrogateRow(check: string, gradient: NdArray): CheckRow {
  const usable = gradient.data.every(Number.isFinite) && gradient.data.some((value) => value !== 0);
  return checkRow(`${check} (surrogate: finite, not zero)`, usable ? 0 : Number.POSITIVE_INFINITY, 0);
}

function movable({ parameters }: Subject, plan: GradientPlan): number[] {
  return parameters.flatMap(({ name }, i) => (i > 0 && plan.surrogate(name) ? [] : [i]));
}

function product(y: NdArray, dy: NdArray): Sample {
  let [value, square] = [0, 0];
  for (let i = 0; i < y.data.length; i++) {
    const term = y.data[i]! * dy.data[i]!;
    value += term;
    square += term * term;
  }
  return { value, rounding: outputRounding * Math.sqrt(square) };
}
