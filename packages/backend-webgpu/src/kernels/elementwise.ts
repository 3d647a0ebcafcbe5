/**
 * Programs that compute element i of their outputs from element i of their inputs, four at a time where the size
 * allows. Inputs in `whole` are read as they are: values that all elements share.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Gpu } from '../engine/internals';
import { launch, output } from '../engine/launch';
import type { BufferName, Program, Scalar } from '../engine/program';
import { FLAT_INDEX, flatWorkgroups, WORKGROUP } from './flat';

export interface Elementwise {
  readonly name: string;
  /** Tells apart elementwise programs of one kernel. */
  readonly variant?: string;
  readonly inputs: readonly string[];
  readonly whole?: readonly string[];
  readonly outputs: readonly string[];
  readonly uniforms?: Readonly<Record<string, Scalar>>;
  /** WGSL that sets element `i` of each output; `T` is f32, or vec4f. */
  readonly body: string;
}

function programOf(
  { name, variant = '', inputs, whole = [], outputs, uniforms, body }: Elementwise,
  width: 1 | 4,
) {
  const of = width === 4 ? 'vec4<f32>' : 'f32';
  const elements = (names: readonly string[]): BufferName[] => names.map((each) => ({ name: each, of }));
  return {
    name,
    variant: `${variant} elements of ${width}`,
    inputs: [...elements(inputs), ...whole],
    outputs: elements(outputs),
    uniforms: { ...uniforms, size: 'u32' },
    code: () => `${FLAT_INDEX}
alias T = ${of};
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flatIndex(id, groups);
  if (i < u.size) { ${body} }
}`,
  } as const satisfies Program;
}

/** Runs it on float32 tensors of one shape, which is that of the outputs; `inputs` are followed by the whole ones. */
export function runElementwise(
  gpu: Gpu,
  of: Elementwise,
  inputs: readonly tf.TensorInfo[],
  uniforms: Readonly<Record<string, number>> = {},
): tf.TensorInfo[] {
  const { shape } = inputs[0] as tf.TensorInfo;
  const outputs = of.outputs.map(() => output(gpu, shape));
  const size = tf.util.sizeFromShape(shape);
  if (size === 0) return outputs;
  const width = size % 4 === 0 ? 4 : 1;
  launch<Record<string, Scalar>>(gpu, programOf(of, width), {
    inputs,
    outputs,
    uniforms: { ...uniforms, size: size / width },
    workgroups: flatWorkgroups(gpu, size / width),
  });
  return outputs;
}
