/**
 * A head of its own for a support, on embeddings that stay as they are: softmax regression by `Adaptation`'s steps.
 *
 * A gradient by a class's weights is a sum of examples and of the weights themselves. So after any number of steps they are
 * Σⱼ cⱼ·zⱼ, where z are the n examples and the start, and all that a step reads of them is pⱼ = ⟨w, zⱼ⟩. We step c and p
 * in place of w: the same numbers as on w, at a cost of n for each value of the batch and not of the number of features.
 * Plain loops in double precision, on whatever engine: the problem is too small for it.
 */
import * as tf from '@tensorflow/tfjs-core';
import { type Adaptation, adapt, gradientShare } from '../adaptation/adaptation';
import type { Examples, FitOptions } from '../types';
import { autoRate, embeddingRows, type HeadForm, type HeadValues, headStart } from './head';
import { dot, NORM_EPSILON } from './unit';

/** One class: its coefficients and what they give, with their velocities; the start is the last of the z. */
interface Class {
  /** c, [n + 1] */
  readonly coefficients: Float64Array;
  /** p, [n + 1] */
  readonly products: Float64Array;
  readonly coefficientVelocity: Float64Array;
  readonly productVelocity: Float64Array;
  /** ⟨start, zⱼ⟩, [n + 1] */
  readonly start: Float64Array;
  /** The bias, or the factor g. */
  perClass: number;
  perClassVelocity: number;
}

/**
 * Fits a head on embeddings.
 * @param support x [n,…], flattened.
 * @throws the signal's reason.
 */
export async function fitHead(
  support: Examples,
  way: number,
  form: HeadForm,
  options: Adaptation,
  fit: FitOptions = {},
): Promise<HeadValues> {
  const count = support.labels.length;
  const x = await embeddingRows(form, support.x);
  const features = x[0]!.length;
  const start = headStart(form, way, features, fit.seed ?? 0);
  const products = x.map((a) => Float64Array.from(x, (b) => dot(a, b)));
  const classes = Array.from({ length: way }, (_, label) =>
    startOf(x, start.weights.subarray(label * features, (label + 1) * features), start.perClass[label]!),
  );
  const rule = {
    ...options,
    learningRate: options.learningRate === 'auto' ? autoRate(form, x) : options.learningRate,
  };
  const errors = classes.map(() => new Float64Array(Math.min(count, options.batchSize)));
  await adapt(count, options, fit, (batch, step) => {
    lossGradient(form, classes, batch, support.labels, errors);
    const share = gradientShare(options, step);
    for (const [label, each] of classes.entries())
      update(form, each, products, batch, errors[label]!, rule, share);
  });
  return valuesOf(classes, x, start.weights, features);
}

function startOf(x: readonly Float64Array[], weights: Float32Array, perClass: number): Class {
  const start = Float64Array.from([...x, weights], (z) => dot(weights, z));
  const coefficients = new Float64Array(start.length);
  coefficients[x.length] = 1;
  return {
    coefficients,
    products: start.slice(),
    coefficientVelocity: new Float64Array(start.length),
    productVelocity: new Float64Array(start.length),
    start,
    perClass,
    perClassVelocity: 0,
  };
}

/** Of the batch's mean cross-entropy by its logits, for each class: (softmax − target)/B. */
function lossGradient(
  form: HeadForm,
  classes: readonly Class[],
  batch: Uint32Array,
  labels: Int32Array,
  errors: readonly Float64Array[],
): void {
  const logits = classes.map((each) => logitsOf(form, each));
  for (const [place, example] of batch.entries()) {
    const own = logits.map((logit) => logit(example));
    const largest = Math.max(...own);
    const exponentials = own.map((logit) => Math.exp(logit - largest));
    const total = exponentials.reduce((sum, each) => sum + each, 0);
    for (const [label, each] of exponentials.entries())
      errors[label]![place] = (each / total - (labels[example] === label ? 1 : 0)) / batch.length;
  }
}

function logitsOf(form: HeadForm, each: Class): (example: number) => number {
  const { products, perClass } = each;
  if (form.kind === 'linear') return (example) => products[example]! + perClass;
  const factor = form.scale * perClass * inverseNorm(each);
  return (example) => factor * products[example]!;
}

/** 1/√(‖w‖² + ε), with ‖w‖² = Σⱼ cⱼ·pⱼ. */
const inverseNorm = ({ coefficients, products }: Class) =>
  1 / Math.sqrt(Math.max(dot(coefficients, products), 0) + NORM_EPSILON);

/** One step of a class: its gradient by w is Σ over the batch of aᵢ·xᵢ, plus b·w. */
function update(
  form: HeadForm,
  each: Class,
  products: readonly Float64Array[],
  batch: Uint32Array,
  errors: Float64Array,
  { learningRate, momentum, weightDecay }: Adaptation & { readonly learningRate: number },
  share: number,
): void {
  let perExample = 1;
  let perWeight = weightDecay;
  let perClass = 0;
  for (const [place, example] of batch.entries())
    perClass += errors[place]! * (form.kind === 'linear' ? 1 : each.products[example]!);
  if (form.kind === 'cosine') {
    const inverse = inverseNorm(each);
    perExample = form.scale * each.perClass * inverse;
    perWeight -= perExample * inverse * inverse * perClass;
    perClass *= form.scale * inverse;
  }
  const { coefficientVelocity, productVelocity, start } = each;
  const count = products.length;
  for (let j = 0; j <= count; j++) {
    coefficientVelocity[j] = momentum * coefficientVelocity[j]! + share * perWeight * each.coefficients[j]!;
    productVelocity[j] = momentum * productVelocity[j]! + share * perWeight * each.products[j]!;
  }
  for (const [place, example] of batch.entries()) {
    const amount = share * perExample * errors[place]!;
    const row = products[example]!;
    coefficientVelocity[example]! += amount;
    for (let j = 0; j < count; j++) productVelocity[j]! += amount * row[j]!;
    productVelocity[count]! += amount * start[example]!;
  }
  for (let j = 0; j <= count; j++) {
    each.coefficients[j]! -= learningRate * coefficientVelocity[j]!;
    each.products[j]! -= learningRate * productVelocity[j]!;
  }
  if (form.kind === 'cosine' && form.norm === 'one') return;
  const gradient = perClass + weightDecay * each.perClass;
  each.perClassVelocity = momentum * each.perClassVelocity + share * gradient;
  each.perClass -= learningRate * each.perClassVelocity;
}

function valuesOf(
  classes: readonly Class[],
  x: readonly Float64Array[],
  start: Float32Array,
  features: number,
): HeadValues {
  const weights = new Float32Array(start.length);
  for (const [label, { coefficients }] of classes.entries()) {
    const from = label * features;
    const sum = Float64Array.from(
      start.subarray(from, from + features),
      (value) => value * coefficients[x.length]!,
    );
    for (const [j, row] of x.entries())
      for (let i = 0; i < features; i++) sum[i]! += coefficients[j]! * row[i]!;
    weights.set(sum, from);
  }
  return { weights, perClass: Float32Array.from(classes, ({ perClass }) => perClass) };
}

/** The tensors of a head as `headLogits` takes them: [features,way] and [way]. The caller disposes of them. */
export function headTensors({ weights, perClass }: HeadValues): [tf.Tensor2D, tf.Tensor1D] {
  const shape: [number, number] = [perClass.length, weights.length / perClass.length];
  return [tf.tidy(() => tf.transpose(tf.tensor2d(weights, shape))), tf.tensor1d(perClass)];
}
