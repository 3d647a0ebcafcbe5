/** A tensor of zeros: what a sum of nothing gives. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Gpu } from '../../engine/internals';
import { launch, output } from '../../engine/launch';
import type { Program } from '../../engine/program';
import { FLAT_INDEX, flatWorkgroups, WORKGROUP } from '../flat';

const program = {
  name: 'NeusimZeros',
  variant: '',
  inputs: [],
  outputs: ['out'],
  uniforms: { size: 'u32' },
  code: () => `${FLAT_INDEX}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flatIndex(id, groups);
  if (i < u.size) { out[i] = 0.0; }
}`,
} as const satisfies Program;

export function zeros(gpu: Gpu, shape: readonly number[]): TensorInfo {
  const size = util.sizeFromShape([...shape]);
  if (size === 0) return gpu.makeTensorInfo([...shape], 'float32', new Float32Array(0));
  const out = output(gpu, shape);
  launch(gpu, program, {
    inputs: [],
    outputs: [out],
    uniforms: { size },
    workgroups: flatWorkgroups(gpu, size),
  });
  return out;
}
