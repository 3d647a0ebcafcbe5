import { random } from '@neusim/datasets';
import { relativeError } from '@neusim/testing';
import { describe, expect, test } from 'vitest';
import { mapWeights } from './map-weights';
import { dot } from './unit';
import { fitPrior, type PriorOptions } from './weight-prior';

const next = random(3, 99, 0);
const rows = (count: number, size: number, scale = 1) =>
  Array.from({ length: count }, () =>
    Float64Array.from({ length: size }, () => scale * (next() / 2 ** 31 - 1)),
  );

const [way, size] = [3, 4];
const known = rows(9, size);
const x = rows(8, size, 3);
const labels = Int32Array.from({ length: 8 }, (_, i) => i % way);

/** Σ as a matrix, from its definition. */
function covarianceOf({ covariance, shrinkage, strength }: PriorOptions): number[][] {
  const mean = Array.from({ length: size }, (_, i) => known.reduce((sum, w) => sum + w[i]! / 9, 0));
  const full = mean.map((_, i) =>
    mean.map((_, j) => known.reduce((sum, w) => sum + ((w[i]! - mean[i]!) * (w[j]! - mean[j]!)) / 9, 0)),
  );
  const average = full.reduce((sum, row, i) => sum + row[i]! / size, 0);
  return full.map((row, i) =>
    row.map((value, j) => {
      const identity = i === j ? 1 : 0;
      const own =
        covariance === 'isotropic'
          ? identity * average
          : covariance === 'diagonal'
            ? identity * value
            : value;
      return ((1 - shrinkage) * own + shrinkage * average * identity) / strength;
    }),
  );
}

/** Gauss–Jordan. */
function inverse(matrix: number[][]): number[][] {
  const all = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (const [i, row] of all.entries()) {
    const pivot = row[i]!;
    for (let j = 0; j < row.length; j++) row[j]! /= pivot;
    for (const [k, other] of all.entries()) {
      const factor = other[i]!;
      if (k !== i) for (let j = 0; j < row.length; j++) other[j]! -= factor * row[j]!;
    }
  }
  return all.map((row) => row.slice(size));
}

/** The objective's gradient by the weights themselves. */
function gradientOf(
  weights: readonly Float64Array[],
  mean: Float64Array,
  precision: number[][],
): Float64Array[] {
  const gradient = weights.map((w) => {
    const away = w.map((value, i) => value - mean[i]!);
    return Float64Array.from(precision, (row) => dot(Float64Array.from(row), away));
  });
  for (const [i, each] of x.entries()) {
    const exponentials = weights.map((w) => Math.exp(dot(w, each)));
    const total = exponentials.reduce((sum, value) => sum + value, 0);
    for (const [c, value] of exponentials.entries())
      for (let d = 0; d < size; d++)
        gradient[c]![d]! += (value / total - (labels[i] === c ? 1 : 0)) * each[d]!;
  }
  return gradient;
}

const priors: readonly PriorOptions[] = [
  { covariance: 'isotropic', shrinkage: 0, strength: 1 },
  { covariance: 'isotropic', shrinkage: 0.5, strength: 4 },
  { covariance: 'diagonal', shrinkage: 0, strength: 1 },
  { covariance: 'diagonal', shrinkage: 0.3, strength: 0.5 },
  { covariance: 'full', shrinkage: 0, strength: 1 },
  { covariance: 'full', shrinkage: 0.3, strength: 2 },
];

describe('the weights of largest posterior probability', () => {
  test.each(priors)('are where plain gradient descent ends: %j', async (options) => {
    const prior = fitPrior(known, options);
    const precision = inverse(covarianceOf(options));
    let slow = Array.from({ length: way }, () => prior.mean.slice());
    // Below the reciprocal of the largest curvature, by its trace.
    const rate =
      1 /
      precision.reduce(
        (sum, row, i) => sum + row[i]!,
        x.reduce((sum, each) => sum + dot(each, each), 0),
      );
    for (let step = 0; step < 40_000; step++) {
      const gradient = gradientOf(slow, prior.mean, precision);
      slow = slow.map((w, c) => w.map((value, d) => value - rate * gradient[c]![d]!));
    }
    const found = await mapWeights(x, labels, way, prior);
    const flat = (weights: readonly Float64Array[]) => weights.flatMap((w) => [...w]);
    expect(relativeError(flat(found), flat(slow))).toBeLessThan(1e-5);
    const left = flat(gradientOf(found, prior.mean, precision));
    expect(Math.max(...left.map(Math.abs))).toBeLessThan(1e-5);
    // The prior is what keeps them there.
    const weak = await mapWeights(x, labels, way, fitPrior(known, { ...options, strength: 1e-4 }));
    expect(relativeError(flat(weak), flat(found))).toBeGreaterThan(0.5);
  });

  test('the covariance is that of the known weights', () => {
    for (const options of priors) {
      const matrix = covarianceOf(options);
      const prior = fitPrior(known, options);
      for (const each of x) {
        const wanted = matrix.map((row) => dot(Float64Array.from(row), each));
        expect(relativeError(prior.covariance(each), wanted)).toBeLessThan(1e-12);
      }
    }
  });

  test('one value, two classes, by hand', async () => {
    // Two known classes at 1 and 3: N(2, 1). One example x = 1 of class 0: a₀ = 1 − p₀ = −a₁, w = 2 ± a₀.
    const prior = fitPrior([Float64Array.of(1), Float64Array.of(3)], priors[0]!);
    const found = await mapWeights([Float64Array.of(1)], Int32Array.of(0), 2, prior);
    const [first, second] = found.map((w) => w[0]!) as [number, number];
    const away = first - 2;
    expect(second).toBeCloseTo(2 - away, 9);
    expect(away).toBeCloseTo(1 / (1 + Math.exp(2 * away)), 6);
  });

  test('known classes that are all alike leave one answer, and large features a finite one', async () => {
    const alike = fitPrior([Float64Array.of(1, 2), Float64Array.of(1, 2)], priors[0]!);
    const two = [Float64Array.of(5, 1), Float64Array.of(-5, 2)];
    expect(await mapWeights(two, Int32Array.of(0, 1), 2, alike)).toEqual([alike.mean, alike.mean]);
    const large = two.map((each) => each.map((value) => value * 1e4));
    const found = await mapWeights(large, Int32Array.of(0, 1), 2, fitPrior(rows(5, 2), priors[0]!));
    expect(found.every((w) => w.every(Number.isFinite))).toBe(true);
    expect(dot(found[0]!, large[0]!)).toBeGreaterThan(dot(found[1]!, large[0]!));
  });
});
