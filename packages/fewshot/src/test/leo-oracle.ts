/**
 * LEO in float64 and plain loops. Inner gradients are central differences of the support's loss, so that nothing is
 * differentiated by hand twice.
 */
import { centralDifference, crossEntropyForward, type NdArray, ndArray } from '@neusim/testing';

export interface LeoWeights {
  /** [features,latent] */
  readonly encoder: NdArray;
  /** [2·latent,2·latent] each. */
  readonly relation: readonly NdArray[];
  /** [latent,2·features] */
  readonly decoder: NdArray;
  readonly latentRate: number;
  readonly finetuningRate: number;
}

export interface LeoSteps {
  readonly latentSteps: number;
  readonly finetuningSteps: number;
}

/** Rows [n,features] with labels. */
export interface LeoExamples {
  readonly x: NdArray;
  readonly labels: Int32Array;
}

/** Standard normal numbers [way,values]; null for the mean. */
export type LeoNoise = ((shape: readonly number[]) => ArrayLike<number>) | null;

/** The adapted classifier [way,features], with what the penalties want. */
export function leoAdapt(
  weights: LeoWeights,
  { x, labels }: LeoExamples,
  way: number,
  { latentSteps, finetuningSteps }: LeoSteps,
  noise: LeoNoise,
) {
  const features = x.shape[1]!;
  const latent = weights.encoder.shape[1]!;
  const codes = product(x, weights.encoder);
  let stats = ndArray([way, 2 * latent]);
  const count = labels.length;
  for (const [i, label] of labels.entries()) {
    const share = 1 / labels.filter((other) => other === label).length / count;
    for (let j = 0; j < count; j++) {
      let pair = ndArray([1, 2 * latent], [...row(codes, i), ...row(codes, j)]);
      for (const [depth, kernel] of weights.relation.entries()) {
        pair = product(pair, kernel);
        if (depth + 1 < weights.relation.length)
          pair = ndArray(
            pair.shape,
            pair.data.map((value) => Math.max(0, value)),
          );
      }
      for (let k = 0; k < 2 * latent; k++) stats.data[label * 2 * latent + k]! += share * pair.data[k]!;
    }
  }
  stats = bounded(stats);
  const start = sampled(stats, 1, noise);
  const spread = Math.sqrt(2 / (features + way));
  const decoded = (at: NdArray) => bounded(product(at, weights.decoder));
  const lossOf = (classifier: NdArray) => leoLoss(classifier, { x, labels });
  const stepped = (at: NdArray, rate: number, loss: (at: NdArray) => number) => {
    const slope = centralDifference((values) => loss(ndArray(at.shape, values)), at.data, 1e-4);
    return ndArray(
      at.shape,
      at.data.map((value, i) => value - rate * slope[i]!),
    );
  };
  let z = start;
  for (let step = 0; step < latentSteps; step++) {
    const drawn = noise?.([way, features]);
    const fixed: LeoNoise = drawn ? () => drawn : null;
    z = stepped(z, weights.latentRate, (at) => lossOf(sampled(decoded(at), spread, fixed)));
  }
  let classifier = sampled(decoded(z), spread, noise);
  for (let step = 0; step < finetuningSteps; step++)
    classifier = stepped(classifier, weights.finetuningRate, lossOf);
  return { classifier, stats, start, adapted: z };
}

/** Logits [n,way] of rows and a classifier. */
export function leoLogits(x: NdArray, classifier: NdArray): NdArray {
  const [way, features] = classifier.shape as [number, number];
  const transposed = ndArray([features, way]);
  for (let c = 0; c < way; c++)
    for (let f = 0; f < features; f++) transposed.data[f * way + c] = classifier.data[c * features + f]!;
  return product(x, transposed);
}

export function leoLoss(classifier: NdArray, { x, labels }: LeoExamples): number {
  const way = classifier.shape[0]!;
  const target = ndArray([labels.length, way]);
  for (const [i, label] of labels.entries()) target.data[i * way + label] = 1;
  return crossEntropyForward(target, leoLogits(x, classifier), {});
}

/** Of [rows,2·values]: the second half, log-variances, within ±6. */
function bounded({ shape, data }: NdArray): NdArray {
  const width = shape[1]!;
  return ndArray(
    shape,
    data.map((value, i) => (i % width < width / 2 ? value : 6 * Math.tanh(value / 6))),
  );
}

/** Of [rows,2·values]: mean + deviation·√variance·ε. */
function sampled(both: NdArray, deviation: number, noise: LeoNoise): NdArray {
  const [rows, width] = both.shape as [number, number];
  const values = width / 2;
  const drawn = noise?.([rows, values]);
  const out = ndArray([rows, values]);
  for (let r = 0; r < rows; r++)
    for (let k = 0; k < values; k++) {
      const scale = deviation * Math.sqrt(Math.exp(both.data[r * width + values + k]!));
      out.data[r * values + k] = both.data[r * width + k]! + scale * (drawn?.[r * values + k] ?? 0);
    }
  return out;
}

function product(a: NdArray, b: NdArray): NdArray {
  const [rows, inner] = a.shape as [number, number];
  const columns = b.shape[1]!;
  const out = ndArray([rows, columns]);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++)
      for (let k = 0; k < inner; k++)
        out.data[r * columns + c]! += a.data[r * inner + k]! * b.data[k * columns + c]!;
  return out;
}

const row = ({ data, shape }: NdArray, i: number) => data.subarray(i * shape[1]!, (i + 1) * shape[1]!);
