/**
 * The logarithm of the softmax, and cross-entropy with its gradient: a row of logits is read by the lanes that share
 * it, once for its maximum, once for its sum, once for what is asked. The mean of a small batch is taken by the one
 * workgroup that has it whole.
 */
import {
  type CrossEntropyAttrs,
  LOG_SOFTMAX,
  SOFTMAX_CROSS_ENTROPY,
  SOFTMAX_CROSS_ENTROPY_GRAD,
} from '@neusim/core';
import type * as tf from '@tensorflow/tfjs-core';
import { launch, output } from '../engine/launch';
import type { Program } from '../engine/program';
import { override } from '../override';
import { WORKGROUP } from './flat';
import { zeros } from './outputs';
import { rowWorkgroups, sumRows } from './row-sums';
import { lanesOf, rowFunctions } from './rows';

/** Logits of which one workgroup computes the whole loss. */
const SMALL_BATCH = 16384;

/**
 * WGSL: `top` and `sum` of the row at `first`, where `isRow`: softmax is exp(z − top)/sum. Every invocation of the
 * workgroup must call `readRow`.
 */
const READ_ROW = `
struct Row { top: f32, sum: f32 }
fn readRow(first: u32, isRow: bool, lane: u32, local: u32) -> Row {
  var top = -3.4e38;
  if (isRow) { for (var k = lane; k < u.classes; k += LANES) { top = max(top, logits[first + k]); } }
  top = rowMax(top, local);
  var sum = 0.0;
  if (isRow) { for (var k = lane; k < u.classes; k += LANES) { sum += exp(logits[first + k] - top); } }
  return Row(top, rowSum(sum, local));
}`;

const MAIN = `@compute @workgroup_size(${WORKGROUP})
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
)`;

const OWN_ROW = `
  let lane = local % LANES;
  let row = (group.y * groups.x + group.x) * ROWS + local / LANES;
  let isRow = row < u.rows;
  let first = row * u.classes;
  let own = readRow(first, isRow, lane, local);`;

const logSoftmaxProgram = (lanes: number) =>
  ({
    name: LOG_SOFTMAX,
    variant: `by ${lanes}`,
    inputs: ['logits'],
    outputs: ['y'],
    uniforms: { rows: 'u32', classes: 'u32' },
    code: () => `${rowFunctions(lanes)}${READ_ROW}
${MAIN} {${OWN_ROW}
  let shift = log(own.sum);
  if (isRow) {
    for (var k = lane; k < u.classes; k += LANES) { y[first + k] = logits[first + k] - own.top - shift; }
  }
}`,
  }) as const satisfies Program;

const uniforms = {
  rows: 'u32',
  classes: 'u32',
  kept: 'f32',
  spread: 'f32',
  epsilon: 'f32',
  share: 'f32',
} as const;

/** WGSL of what lane by lane is summed to a row's loss. */
const ROW_LOSS = (hasFloor: boolean) => `
fn partOfLoss(first: u32, own: Row, lane: u32) -> f32 {
  let logSum = log(own.sum);
  var part = 0.0;
  for (var k = lane; k < u.classes; k += LANES) {
    let z = logits[first + k] - own.top;
    let t = labels[first + k] * u.kept + u.spread;
    part -= t * ${hasFloor ? 'log(exp(z) / own.sum + u.epsilon)' : '(z - logSum)'};
  }
  return part;
}`;

/** The loss of each row. */
const rowLosses = (lanes: number, hasFloor: boolean) =>
  ({
    name: SOFTMAX_CROSS_ENTROPY,
    variant: `rows by ${lanes}, floor ${hasFloor}`,
    inputs: ['labels', 'logits'],
    outputs: ['losses'],
    uniforms,
    code: () => `${rowFunctions(lanes)}${READ_ROW}${ROW_LOSS(hasFloor)}
${MAIN} {${OWN_ROW}
  var part = 0.0;
  if (isRow) { part = partOfLoss(first, own, lane); }
  part = rowSum(part, local);
  if (isRow && lane == 0u) { losses[row] = part; }
}`,
  }) as const satisfies Program;

/** The mean over all rows, by one workgroup. */
const wholeLoss = (lanes: number, hasFloor: boolean) =>
  ({
    name: SOFTMAX_CROSS_ENTROPY,
    variant: `whole by ${lanes}, floor ${hasFloor}`,
    inputs: ['labels', 'logits'],
    outputs: ['loss'],
    uniforms,
    code: () => `${rowFunctions(lanes)}${READ_ROW}${ROW_LOSS(hasFloor)}
var<workgroup> parts: array<f32, ${WORKGROUP}>;
${MAIN} {
  let lane = local % LANES;
  var part = 0.0;
  for (var start = 0u; start < u.rows; start += ROWS) {
    let row = start + local / LANES;
    let isRow = row < u.rows;
    let first = row * u.classes;
    let own = readRow(first, isRow, lane, local);
    if (isRow) { part += partOfLoss(first, own, lane); }
  }
  parts[local] = part;
  workgroupBarrier();
  if (local < 16u) {
    for (var k = local + 16u; k < ${WORKGROUP}u; k += 16u) { part += parts[k]; }
    parts[local] = part;
  }
  workgroupBarrier();
  if (local == 0u) {
    for (var k = 1u; k < 16u; k++) { part += parts[k]; }
    loss[0] = part * u.share;
  }
}`,
  }) as const satisfies Program;

/** dlogits = dy/B·(q·Σ t·r − t·r), with r = q/(q + ε). */
const gradient = (lanes: number, hasFloor: boolean) =>
  ({
    name: SOFTMAX_CROSS_ENTROPY_GRAD,
    variant: `by ${lanes}, floor ${hasFloor}`,
    inputs: ['labels', 'logits', 'dy'],
    outputs: ['dlogits'],
    uniforms,
    code: () => `${rowFunctions(lanes)}${READ_ROW}
fn probability(i: u32, own: Row) -> f32 { return exp(logits[i] - own.top) / own.sum; }
fn pull(i: u32, q: f32) -> f32 {
  let t = labels[i] * u.kept + u.spread;
  return ${hasFloor ? 't * (q / (q + u.epsilon))' : 't'};
}
${MAIN} {${OWN_ROW}
  var sum = 0.0;
  if (isRow) {
    for (var k = lane; k < u.classes; k += LANES) { sum += pull(first + k, probability(first + k, own)); }
  }
  sum = rowSum(sum, local);
  if (isRow) {
    let scale = dy[0] * u.share;
    for (var k = lane; k < u.classes; k += LANES) {
      let q = probability(first + k, own);
      dlogits[first + k] = scale * (q * sum - pull(first + k, q));
    }
  }
}`,
  }) as const satisfies Program;

export const logSoftmax = override<object>(LOG_SOFTMAX, ({ inputs, gpu }) => {
  const logits = inputs.logits as tf.Tensor;
  const y = output(gpu, logits.shape);
  if (logits.size === 0) return y;
  const classes = logits.shape[logits.rank - 1] ?? 1;
  const rows = logits.size / classes;
  const lanes = lanesOf(classes);
  launch(gpu, logSoftmaxProgram(lanes), {
    inputs: [logits],
    outputs: [y],
    uniforms: { rows, classes },
    workgroups: [...rowWorkgroups(gpu, rows, lanes), 1],
  });
  return y;
});

function uniformsOf({ shape }: tf.Tensor, { labelSmoothing, epsilon }: CrossEntropyAttrs) {
  const [rows, classes] = shape as [number, number];
  return {
    rows,
    classes,
    kept: 1 - labelSmoothing,
    spread: labelSmoothing / classes,
    epsilon,
    share: 1 / rows,
  };
}

export const crossEntropy = override<CrossEntropyAttrs>(SOFTMAX_CROSS_ENTROPY, ({ inputs, attrs, gpu }) => {
  const { labels, logits } = inputs as Record<'labels' | 'logits', tf.Tensor>;
  if (logits.size === 0) return zeros(gpu, []);
  const uniforms = uniformsOf(logits, attrs);
  const { rows, classes, share } = uniforms;
  const lanes = lanesOf(classes);
  const loss = output(gpu, []);
  const hasFloor = attrs.epsilon > 0;
  if (logits.size <= SMALL_BATCH) {
    launch(gpu, wholeLoss(lanes, hasFloor), {
      inputs: [labels, logits],
      outputs: [loss],
      uniforms,
      workgroups: [1, 1, 1],
    });
    return loss;
  }
  const losses = output(gpu, [rows]);
  launch(gpu, rowLosses(lanes, hasFloor), {
    inputs: [labels, logits],
    outputs: [losses],
    uniforms,
    workgroups: [...rowWorkgroups(gpu, rows, lanes), 1],
  });
  const mean = { name: SOFTMAX_CROSS_ENTROPY, term: 'x[i]' };
  sumRows(gpu, mean, { x: losses, y: loss, rows: 1, length: rows, scale: share });
  gpu.disposeData(losses.dataId);
  return loss;
});

export const crossEntropyGrad = override<CrossEntropyAttrs>(
  SOFTMAX_CROSS_ENTROPY_GRAD,
  ({ inputs, attrs, gpu }) => {
    const { labels, logits, dy } = inputs as Record<'labels' | 'logits' | 'dy', tf.Tensor>;
    const dlogits = output(gpu, logits.shape);
    if (logits.size === 0) return dlogits;
    const uniforms = uniformsOf(logits, attrs);
    const lanes = lanesOf(uniforms.classes);
    launch(gpu, gradient(lanes, attrs.epsilon > 0), {
      inputs: [labels, logits, dy],
      outputs: [dlogits],
      uniforms,
      workgroups: [...rowWorkgroups(gpu, uniforms.rows, lanes), 1],
    });
    return dlogits;
  },
);
