/** Running a program of our own: one dispatch into the encoder that tfjs's kernels use. */
import { type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { encode } from './encode';
import { shapesOf } from './errors';
import type { Gpu } from './internals';
import { pipelineOf } from './pipelines';
import { type Program, packUniforms, type Scalar } from './program';

export interface Launch<U extends Readonly<Record<string, Scalar>>> {
  /** In the order of the program's `inputs`. */
  readonly inputs: readonly TensorInfo[];
  /** In the order of its `outputs`; from `gpu.makeTensorInfo(shape, dtype)`. None may be an input's data. */
  readonly outputs: readonly TensorInfo[];
  readonly uniforms: { readonly [N in keyof U]: number };
  /** Number of workgroups along x, y and z; each at most `gpu.device.limits.maxComputeWorkgroupsPerDimension`. */
  readonly workgroups: readonly [number, number, number];
}

/**
 * Dispatches the program. No tensor may be empty. What goes wrong is thrown when data is read.
 */
export function launch<U extends Readonly<Record<string, Scalar>>>(
  gpu: Gpu,
  program: Program<U>,
  { inputs, outputs, uniforms, workgroups }: Launch<U>,
): void {
  const tensors = [...inputs, ...outputs];
  const pipeline = pipelineOf(gpu, program, () => shapesOf(tensors));
  if (!pipeline) {
    // Only compiled: nothing is run, but the outputs are on the GPU for whoever reads them next.
    for (const { dataId } of outputs) gpu.uploadToGPU(dataId);
    return;
  }
  encode(gpu, {
    name: program.name,
    tensors,
    writes: [...inputs.map(() => false), ...outputs.map(() => true)],
    uniforms: packUniforms(program.uniforms, uniforms),
    pipeline,
    workgroups,
  });
}

/** A new tensor on the GPU, not yet written; an empty one needs no writing. */
export function output(gpu: Gpu, shape: readonly number[], dtype: DataType = 'float32'): TensorInfo {
  const isEmpty = shape.includes(0);
  return gpu.makeTensorInfo(
    [...shape],
    dtype,
    isEmpty ? util.getTypedArrayFromDType(dtype as 'float32', 0) : undefined,
  );
}
