/** The gradient of ReLU: dy where x > 0. */
import { RELU_GRAD } from '@neusim/core';
import type * as tf from '@tensorflow/tfjs-core';
import { launch, output } from '../engine/launch';
import type { Program } from '../engine/program';
import { override } from '../override';
import { FLAT_INDEX, flatWorkgroups, WORKGROUP } from './flat';

const program = {
  name: RELU_GRAD,
  variant: '',
  inputs: ['dy', 'x'],
  outputs: ['dx'],
  uniforms: { size: 'u32' },
  code: () => `${FLAT_INDEX}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flatIndex(id, groups);
  if (i < u.size) { dx[i] = select(0.0, dy[i], x[i] > 0.0); }
}`,
} as const satisfies Program;

export const seamReluGrad = override<object>(RELU_GRAD, ({ inputs, gpu }) => {
  const { dy, x } = inputs as Record<'dy' | 'x', tf.Tensor>;
  const dx = output(gpu, x.shape);
  if (x.size === 0) return dx;
  launch(gpu, program, {
    inputs: [dy, x],
    outputs: [dx],
    uniforms: { size: x.size },
    workgroups: flatWorkgroups(gpu, x.size),
  });
  return dx;
});
