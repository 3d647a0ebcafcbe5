/**
 * Sum and Mean over any axes. The stock kernel turns the axes to the end first, which does not compile for integers,
 * gives a row to one workgroup however long or short it is, and has no answer for an empty tensor.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Gpu } from '../engine/internals';
import { launch, output } from '../engine/launch';
import type { Program } from '../engine/program';
import { type Call, override, type Result } from '../override';
import { withFloats } from './cast';
import { type ColumnReduction, reduceColumns } from './columns';
import { FLAT_INDEX, flatWorkgroups, WORKGROUP } from './flat';
import { reshaped, zeros } from './outputs';
import { sumRows } from './row-sums';

interface ReduceAttrs {
  readonly axis: number | number[];
  readonly keepDims: boolean;
}

export const sum = override<ReduceAttrs>(tf.Sum, (call, stock) =>
  call.inputs.x?.dtype === 'complex64' ? stock() : reduce(tf.Sum, call, () => 1),
);

export const mean = override<ReduceAttrs>(tf.Mean, (call) =>
  withFloats(call.gpu, [call.inputs.x as tf.Tensor], ([x]) =>
    reduce(tf.Mean, { ...call, inputs: { x: x as tf.Tensor } }, (reduced) => 1 / reduced),
  ),
);

function reduce(
  name: string,
  { inputs, attrs, gpu }: Call<ReduceAttrs>,
  share: (reduced: number) => number,
): Result {
  const x = inputs.x as tf.TensorInfo;
  const dtype = x.dtype === 'bool' ? 'int32' : x.dtype;
  const axes = tf.util.parseAxisParam(attrs.axis, x.shape);
  const [kept] = tf.backend_util.computeOutAndReduceShapes(x.shape, axes);
  const shape = attrs.keepDims ? tf.backend_util.expandShapeToKeepDim(kept, axes) : kept;
  const size = tf.util.sizeFromShape(x.shape);
  if (size === 0) return zeros(gpu, shape, dtype);
  const scale = share(size / tf.util.sizeFromShape(shape));
  const runs = runsOf(x.shape, axes);
  if (runs.length === 0) return reshaped(gpu, { ...x, dtype }, shape);
  // The last run first: what is left is smaller, and still one run of axes before another.
  let current = x;
  for (const [i, [outer, reduced, inner]] of runs.reverse().entries()) {
    const isLast = i === runs.length - 1;
    const next = output(gpu, isLast ? shape : [outer, inner], dtype);
    reduceOnce(gpu, name, { x: current, y: next, outer, reduced, inner, scale: isLast ? scale : 1 });
    if (current !== x) gpu.disposeData(current.dataId);
    current = next;
  }
  return current;
}

/**
 * Runs of axes side by side that are reduced (axes of length 1 belong to any): what lies before, in and after each,
 * when those after it have been reduced.
 */
function runsOf(shape: readonly number[], axes: readonly number[]): [number, number, number][] {
  const runs: [number, number, number][] = [];
  let outer = 1;
  let wasReduced = false;
  for (const [axis, length] of shape.entries()) {
    if (length === 1) continue;
    const isReduced = axes.includes(axis);
    const run = runs.at(-1);
    if (!isReduced) for (const each of runs) each[2] *= length;
    if (isReduced && wasReduced && run) run[1] *= length;
    else if (isReduced) runs.push([outer, length, 1]);
    outer *= length;
    wasReduced = isReduced;
  }
  return runs;
}

interface Run {
  readonly x: tf.TensorInfo;
  readonly y: tf.TensorInfo;
  readonly outer: number;
  readonly reduced: number;
  readonly inner: number;
  readonly scale: number;
}

/** Fewer values are summed by one invocation, where there are sums enough for all. */
const FEW = 32;
const MANY_SUMS = 65536;

function reduceOnce(gpu: Gpu, name: string, run: Run): void {
  const { x, y, outer, reduced, inner, scale } = run;
  const of = x.dtype === 'float32' ? 'f32' : 'i32';
  if (inner > 1 && (reduced <= FEW || outer * inner >= MANY_SUMS || of === 'i32'))
    launch(gpu, eachProgram(name, of), {
      inputs: [x],
      outputs: [y],
      uniforms: { size: outer * inner, reduced, inner, scale },
      workgroups: flatWorkgroups(gpu, outer * inner),
    });
  else if (inner === 1)
    sumRows(gpu, { name, term: 'x[i]', of }, { x, y, rows: outer, length: reduced, scale });
  else reduceColumns(gpu, columnSums(name), [x], [y], { outer, rows: reduced, columns: inner }, { scale });
}

const columnSums = (name: string): ColumnReduction => ({
  name,
  variant: 'column sums',
  inputs: ['x'],
  outputs: ['y'],
  uniforms: { scale: 'f32' },
  state: ['sum'],
  add: 's.sum += x[i];',
  finish: 'y[o] = s.sum * u.scale;',
});

/** One invocation a sum. */
const eachProgram = (name: string, of: 'f32' | 'i32') =>
  ({
    name,
    variant: `one invocation a sum of ${of}`,
    inputs: [{ name: 'x', of }],
    outputs: [{ name: 'y', of }],
    uniforms: { size: 'u32', reduced: 'u32', inner: 'u32', scale: 'f32' },
    code: () => `${FLAT_INDEX}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flatIndex(id, groups);
  if (i < u.size) {
    let first = i / u.inner * u.reduced * u.inner + i % u.inner;
    var sum = ${of}(0);
    for (var k = 0u; k < u.reduced; k++) { sum += x[first + k * u.inner]; }
    y[i] = ${of === 'f32' ? 'sum * u.scale' : 'sum'};
  }
}`,
  }) as const satisfies Program;
