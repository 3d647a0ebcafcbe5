/**
 * From whole numbers to float32. The stock kernel leaves the integers in their buffer and only calls them float32,
 * which a program that reads float32 would take for the bits of such.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Gpu } from '../engine/internals';
import { launch, output } from '../engine/launch';
import type { Program } from '../engine/program';
import { override } from '../override';
import { FLAT_INDEX, flatWorkgroups, WORKGROUP } from './flat';
import { zeros } from './outputs';

const program = {
  name: tf.Cast,
  variant: 'i32 to f32',
  inputs: [{ name: 'x', of: 'i32' }],
  outputs: ['y'],
  uniforms: { size: 'u32' },
  code: () => `${FLAT_INDEX}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flatIndex(id, groups);
  if (i < u.size) { y[i] = f32(x[i]); }
}`,
} as const satisfies Program;

const isWhole = (dtype: tf.DataType) => dtype === 'int32' || dtype === 'bool';

/** @param x int32 or bool. */
export function toFloat(gpu: Gpu, x: tf.TensorInfo): tf.TensorInfo {
  const size = tf.util.sizeFromShape(x.shape);
  if (size === 0) return zeros(gpu, x.shape);
  const y = output(gpu, x.shape);
  launch(gpu, program, {
    inputs: [x],
    outputs: [y],
    uniforms: { size },
    workgroups: flatWorkgroups(gpu, size),
  });
  return y;
}

/** Runs `f` with the tensors as float32. */
export function withFloats<T>(
  gpu: Gpu,
  tensors: readonly tf.TensorInfo[],
  f: (floats: readonly tf.TensorInfo[]) => T,
): T {
  const floats = tensors.map((t) => (isWhole(t.dtype) ? toFloat(gpu, t) : t));
  const result = f(floats);
  for (const [i, { dataId }] of floats.entries()) if (floats[i] !== tensors[i]) gpu.disposeData(dataId);
  return result;
}

export const cast = override<tf.CastAttrs>(tf.Cast, ({ inputs, attrs, gpu }, stock) => {
  const x = inputs.x as tf.Tensor;
  return attrs.dtype === 'float32' && isWhole(x.dtype) ? toFloat(gpu, x) : stock();
});
