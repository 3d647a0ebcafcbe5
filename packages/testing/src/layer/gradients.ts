/** Rows of the layer check that hold its gradients to slopes of its output, or of its oracle. */
import type { NdArray } from '../oracle/array';
import { randomNormal } from '../random';
import { type CheckRow, checkRow } from '../report';
import { type Gradients, slopeError } from './slopes';
import type { Subject } from './subject';

/** A float64 reference of the layer's output for moved parameters. */
export type SubjectOracle = (values: readonly NdArray[]) => Promise<NdArray>;

export interface GradientPlan {
  readonly oracle: SubjectOracle | undefined;
  /** Allowed where the oracle gives the slopes; without one, float32 bounds it. */
  readonly allowed: number;
  readonly surrogate: (weight: string) => boolean;
  /** At most, for one parameter. */
  readonly directions: number;
  readonly seed: number;
}

/** How slopes are taken: norm-wise bound, steps from the largest, and rounding, as `SlopeCheck` has them. */
const inFloat32 = { allowed: 5e-4, steps: [1e-2, 2e-3, 4e-4, 1e-4], rounding: 1e-6 };
const inFloat64 = { steps: [1e-4, 1e-6], rounding: 1e-14 };

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
      const directions = Math.min(plan.directions, Math.max(1, array.data.length));
      rows.push(await firstOrderRow(check, subject, dy, [i], directions, plan));
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
  return firstOrderRow(check, subject, dy, movable(subject, plan), Math.min(2, plan.directions), plan);
}

/** One row for the gradients of the gradients, all parameters moved together. */
export async function secondOrderRow(
  subject: Subject,
  outputShape: readonly number[],
  plan: GradientPlan,
): Promise<CheckRow> {
  const dy = randomNormal(outputShape, plan.seed + 1);
  const moving = movable(subject, plan);
  const values = subject.parameters.map(({ array }) => array);
  const covector = joined(
    values.map(({ shape }, i) => (moving.includes(i) ? randomNormal(shape, plan.seed + 2 + i) : null)),
    values,
  );
  const figure = await slopeError({
    values,
    moving,
    sample: async (moved) => joined(await subject.gradients(dy, moved), values),
    covector,
    pullBack: (c) => subject.secondGradients(dy, split(c, values)),
    directions: Math.min(3, plan.directions),
    ...inFloat32,
    seed: plan.seed + 3,
  });
  return checkRow('second-order gradient', figure, inFloat32.allowed);
}

async function firstOrderRow(
  check: string,
  subject: Subject,
  dy: NdArray,
  moving: readonly number[],
  directions: number,
  { oracle, allowed, seed }: GradientPlan,
): Promise<CheckRow> {
  const precision = oracle ? { ...inFloat64, allowed } : inFloat32;
  const figure = await slopeError({
    values: subject.parameters.map(({ array }) => array),
    moving,
    sample: async (values) => (await (oracle ? oracle(values) : subject.output(values))).data,
    covector: dy.data,
    pullBack: (data) => subject.gradients({ shape: dy.shape, data }),
    directions,
    ...precision,
    seed: seed + 3,
  });
  return checkRow(check, figure, precision.allowed);
}

/** A straight-through gradient is no derivative: all that can be asked is that it is finite and not zero. */
function surrogateRow(check: string, gradient: NdArray): CheckRow {
  const usable = gradient.data.every(Number.isFinite) && gradient.data.some((value) => value !== 0);
  return checkRow(`${check} (surrogate: finite, not zero)`, usable ? 0 : Number.POSITIVE_INFINITY, 0);
}

function movable({ parameters }: Subject, plan: GradientPlan): number[] {
  return parameters.flatMap(({ name }, i) => (i > 0 && plan.surrogate(name) ? [] : [i]));
}

/** The elements of all arrays in one; zeros for null, of the shapes of `like`. */
function joined(arrays: Gradients, like: readonly NdArray[]): Float64Array {
  return Float64Array.from(
    like.flatMap(({ data }, i) => [...(arrays[i]?.data ?? new Float64Array(data.length))]),
  );
}

function split(joint: Float64Array, like: readonly NdArray[]): NdArray[] {
  let end = 0;
  return like.map(({ shape, data }) => {
    end += data.length;
    return { shape, data: joint.slice(end - data.length, end) };
  });
}
