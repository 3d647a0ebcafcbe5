/** Tensors that kernels give without a program of their own: zeros, and those with no element. */
import * as tf from '@tensorflow/tfjs-core';
import type { Gpu } from '../engine/internals';
import { launch, output } from '../engine/launch';
import type { Program } from '../engine/program';
import { FLAT_INDEX, flatWorkgroups, WORKGROUP } from './flat';

const program = {
  name: 'NeusimZeros',
  variant: '',
  inputs: [],
  outputs: [{ name: 'y', of: 'u32' }],
  uniforms: { size: 'u32' },
  code: () => `${FLAT_INDEX}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flatIndex(id, groups);
  if (i < u.size) { y[i] = 0u; }
}`,
} as const satisfies Program;

/** Zeros, written by the GPU (so that a recorder hears of them). */
export function zeros(gpu: Gpu, shape: readonly number[], dtype: tf.DataType = 'float32'): tf.TensorInfo {
  const size = tf.util.sizeFromShape([...shape]);
  const y = output(gpu, shape, dtype);
  if (size === 0) return y;
  launch(gpu, program, {
    inputs: [],
    outputs: [y],
    uniforms: { size },
    workgroups: flatWorkgroups(gpu, size),
  });
  return y;
}

/** The same data under another shape, as a tensor of its own: to be disposed of like any. */
export function reshaped(gpu: Gpu, x: tf.TensorInfo, shape: readonly number[]): tf.TensorInfo {
  gpu.incRef(x.dataId);
  return { dataId: x.dataId, shape: [...shape], dtype: x.dtype };
}
