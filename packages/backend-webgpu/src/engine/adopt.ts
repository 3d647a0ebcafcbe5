/**
 * tfjs's WebGPU backend on a device of ours: its own kernels encode as ours do, and what it reads from the GPU is
 * checked first.
 */

import { NeusimError } from '@neusim/registry';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { encode, flush } from './encode';
import { hasFailed, requireHealthy } from './errors';
import { type Gpu, gpuOf, type StockProgram, type StockUniform } from './internals';
import { forgetUnfinished, settled, stockPipeline } from './pipelines';

/** tfjs's kind of program that writes to a canvas. */
const DRAW = 1;

/** @returns the same backend. */
export function adopt(backend: WebGPUBackend): Gpu {
  const gpu = gpuOf(backend);
  gpu.recordAndSubmit = (program, output, inputs, uniforms) => {
    encode(gpu, {
      name: program.constructor.name,
      tensors: [output, ...inputs],
      writes: [true, ...inputs.map(() => false)],
      uniforms: stockUniforms(program, output, inputs, uniforms),
      pipeline: stockPipeline(gpu, program.pipeline as GPUComputePipeline),
      workgroups: program.dispatch,
    });
    // A canvas's texture is gone when this task ends.
    if (program.pixelsOpType === DRAW) flush(gpu);
  };
  const runProgram = gpu.runWebGPUProgram.bind(gpu);
  gpu.runWebGPUProgram = (...args) => {
    forgetUnfinished(gpu);
    return runProgram(...args);
  };
  const getBufferData = gpu.getBufferData.bind(gpu);
  gpu.getBufferData = async (buffer) => {
    // The copy is encoded at once: what is read is what is there now, and not what a replay writes there next.
    const reading = hasFailed(gpu.device) ? undefined : getBufferData(buffer);
    // Awaited below, unless something else is wrong.
    reading?.catch(() => {});
    try {
      await settled(gpu.device);
      requireHealthy(gpu.device);
      return (await reading) as ArrayBuffer;
    } finally {
      // Errors of what was submitted before this read are told before it is done.
      requireHealthy(gpu.device);
    }
  };
  const keep = gpu.convertAndCacheOnCPU.bind(gpu);
  // Buffers of a replay are written without their tensors' knowing: what was read of them is never kept.
  gpu.convertAndCacheOnCPU = (dataId, values) =>
    gpu.tensorMap.get(dataId).external ? values : keep(dataId, values);
  const readSync = gpu.readSync.bind(gpu);
  gpu.readSync = (dataId) => {
    requireHealthy(gpu.device);
    const { values, dtype } = gpu.tensorMap.get(dataId);
    if (values == null && dtype !== 'string' && typeof OffscreenCanvas === 'undefined')
      throw new NeusimError('GPU_READ_SYNC', 'data on the GPU cannot be read at once here', {
        data: { dtype },
        hint: 'Use `await tensor.data()` in place of `tensor.dataSync()` and `arraySync()`.',
      });
    return readSync(dataId);
  };
  return gpu;
}

/**
 * The uniforms of a program of tfjs's, as its shaders declare them: NaN, infinity, then shape and strides of each
 * input and of the output, the output's size where asked for, and the program's own.
 */
function stockUniforms(
  program: StockProgram,
  output: tf.TensorInfo,
  inputs: readonly tf.TensorInfo[],
  own: readonly StockUniform[] = [],
): ArrayBuffer {
  const ints = (data: number[]): StockUniform => ({ type: 'int32', data });
  const isPixels = program.pixelsOpType != null;
  const shapes = isPixels ? [] : [...inputs, output].map(({ shape }) => shape);
  const strides = isPixels ? [ints(tf.util.computeStrides(output.shape))] : [];
  const size = tf.util.sizeFromShape(program.outputShape) / (program.outputComponent || 1);
  return layOut([
    ...(isPixels
      ? []
      : [
          { type: 'float32', data: [Number.NaN] },
          { type: 'float32', data: [Number.POSITIVE_INFINITY] },
        ]),
    ...shapes.flatMap((shape) => [ints(shape), ints(tf.util.computeStrides(shape))]),
    ...strides,
    ...(program.size ? [ints([size])] : []),
    ...own,
  ]);
}

/** Bytes of a struct of vectors in WGSL: those of two are aligned to 8 bytes, longer ones to 16. */
function layOut(fields: readonly StockUniform[]): ArrayBuffer {
  const alignment = ({ data }: StockUniform) => (data.length <= 1 ? 4 : data.length === 2 ? 8 : 16);
  const align = (offset: number, to: number) => Math.ceil(offset / to) * to;
  let end = 0;
  let afterStruct = false;
  const offsets = fields.map((field) => {
    // Vectors of five and six are structs in tfjs's shaders: what follows one is aligned to 16.
    const offset = align(end, afterStruct ? 16 : alignment(field));
    afterStruct = field.data.length > 4;
    end = offset + 4 * Math.max(1, field.data.length);
    return offset;
  });
  const bytes = new DataView(new ArrayBuffer(align(end, 16)));
  for (const [i, { type, data }] of fields.entries())
    for (const [j, value] of (data.length === 0 ? [1] : data).entries()) {
      const at = (offsets[i] as number) + 4 * j;
      if (type === 'int32') bytes.setInt32(at, value, true);
      else if (type === 'uint32') bytes.setUint32(at, value, true);
      else bytes.setFloat32(at, value, true);
    }
  return bytes.buffer;
}
