/**
 * Copies elements to other places: what turns, reverses, repeats, cuts out or pads a tensor is one program, in which
 * every axis of the result walks through x with a stride of its own. It copies bits, so any type will do, and any rank.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Gpu } from '../engine/internals';
import { launch, output } from '../engine/launch';
import type { Program, Scalar } from '../engine/program';
import { FLAT_INDEX, flatWorkgroups, WORKGROUP } from './flat';

export interface Axis {
  /** Length in the result. */
  readonly size: number;
  /** From one element of the result to the next, in elements of x; 0 repeats, below 0 walks back. */
  readonly stride: number;
  /** Elements before x begins and those of x itself; all others get `fill`. */
  readonly within?: { readonly before: number; readonly extent: number };
}

interface Move {
  /** The kernel that it serves. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Outermost first; their sizes multiply to the shape's. */
  readonly axes: readonly Axis[];
  /** Element of x where the walk begins; default 0. */
  readonly start?: number;
  /** Default 0. */
  readonly fill?: number;
}

export function move(
  gpu: Gpu,
  x: tf.TensorInfo,
  { name, shape, axes, start = 0, fill = 0 }: Move,
): tf.TensorInfo {
  const y = output(gpu, shape, x.dtype);
  const size = tf.util.sizeFromShape([...shape]);
  if (size === 0) return y;
  const few = merged(axes);
  const uniforms: Record<string, number> = { size, start, fill: bitsOf(fill, x.dtype) };
  for (const [k, { size, stride, within }] of few.entries()) {
    uniforms[`size${k}`] = size;
    uniforms[`stride${k}`] = stride;
    if (!within) continue;
    uniforms[`before${k}`] = within.before;
    uniforms[`extent${k}`] = within.extent;
  }
  launch(gpu, programOf(name, few), {
    inputs: [x],
    outputs: [y],
    uniforms,
    workgroups: flatWorkgroups(gpu, size),
  });
  return y;
}

/** Without axes of length 1, and with those as one that one walk covers. */
function merged(axes: readonly Axis[]): Axis[] {
  const few: Axis[] = [];
  for (const axis of axes) {
    const last = few.at(-1);
    if (axis.size === 1 && !axis.within) continue;
    if (last && !last.within && !axis.within && last.stride === axis.size * axis.stride)
      few[few.length - 1] = { size: last.size * axis.size, stride: axis.stride };
    else few.push(axis);
  }
  return few;
}

function bitsOf(value: number, dtype: tf.DataType): number {
  const floats = Float32Array.of(value);
  return dtype === 'float32' ? (new Uint32Array(floats.buffer)[0] as number) : Math.trunc(value) >>> 0;
}

function programOf(name: string, axes: readonly Axis[]): Program {
  const uniforms: Record<string, Scalar> = { size: 'u32', start: 'i32', fill: 'u32' };
  for (const [k, { within }] of axes.entries()) {
    uniforms[`size${k}`] = 'u32';
    uniforms[`stride${k}`] = 'i32';
    if (!within) continue;
    uniforms[`before${k}`] = 'i32';
    uniforms[`extent${k}`] = 'i32';
  }
  const steps = [...axes.entries()].reverse().map(
    ([k, { within }]) => `
    let place${k} = i32(rest % u.size${k})${within ? ` - u.before${k}` : ''};
    rest /= u.size${k};
    ${within ? `isIn = isIn && place${k} >= 0 && place${k} < u.extent${k};` : ''}
    at += place${k} * u.stride${k};`,
  );
  return {
    name,
    variant: `move ${axes.map(({ within }) => (within ? 'within' : 'all')).join(' ')}`,
    inputs: [{ name: 'x', of: 'u32' }],
    outputs: [{ name: 'y', of: 'u32' }],
    uniforms,
    code: () => `${FLAT_INDEX}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flatIndex(id, groups);
  if (i < u.size) {
    var rest = i;
    var at = u.start;
    var isIn = true;
    ${steps.join('')}
    var value = u.fill;
    if (isIn) { value = x[at]; }
    y[i] = value;
  }
}`,
  };
}

/** Elements from one to the next along each axis. */
export const stridesOf = (shape: readonly number[]): number[] =>
  shape.map((_, axis) => tf.util.sizeFromShape(shape.slice(axis + 1)));
