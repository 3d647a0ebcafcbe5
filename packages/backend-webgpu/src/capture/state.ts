/**
 * The state's tensors in buffers of the replay's own, two for each that the step replaces: a run reads one and writes
 * the other, and the next run the other way round. A tensor of the state then stands for the one written last.
 */
import type { StepState } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import type { DataId, Gpu, TensorData } from '../engine/internals';
import type { Recording } from './record';

export interface StateBuffers {
  /** The buffer that a run of this parity reads. */
  before(index: number, parity: 0 | 1): GPUBuffer;
  /** The buffer that it writes. */
  after(index: number, parity: 0 | 1): GPUBuffer;
  readonly isReplaced: (index: number) => boolean;
  /** Brings tensors that others have put into the state meanwhile; encodes copies. */
  enter(parity: 0 | 1): void;
  /** Lets the tensors stand for what the run has written. */
  leave(parity: 0 | 1): void;
  /** Gives the tensors their buffers for good, and frees the others. */
  dispose(parity: 0 | 1): void;
}

export function stateBuffers(gpu: Gpu, recording: Recording, state: readonly StepState[]): StateBuffers {
  const isReplaced = (index: number) => recording.after[index]?.kind === 'result';
  const sizes = state.map((each) => bufferOf(dataOf(gpu, each.read().dataId)).size);
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const acquire = (size: number) => gpu.bufferManager.acquireBuffer(size, usage, false, false);
  const pairs = sizes.map((size, i) => [acquire(size), isReplaced(i) ? acquire(size) : undefined] as const);
  const before = (index: number, parity: 0 | 1) => {
    const [first, second] = pairs[index] as (typeof pairs)[number];
    return parity === 1 && second ? second : first;
  };
  const after = (index: number, parity: 0 | 1) => before(index, parity === 0 ? 1 : 0);

  const copy = (from: GPUBuffer, to: GPUBuffer) => {
    gpu.ensureCommandEncoderReady();
    gpu.endComputePassEncoder();
    gpu.commandEncoder?.copyBufferToBuffer(from, 0, to, 0, to.size);
  };

  /**
   * The data of a state's tensor for this run alone. Others may hold the same under tensors of their own (copies that
   * are to stay as they are): they keep it, and the state gets a new tensor.
   */
  const own = (index: number, each: StepState): { data: TensorData; source: GPUBuffer } => {
    const { dataId } = each.read();
    gpu.uploadToGPU(dataId);
    const data = dataOf(gpu, dataId);
    const source = bufferOf(data);
    if (!isReplaced(index) || data.refCount === 1) return { data, source };
    if (data.external) {
      data.resource = gpu.bufferManager.acquireBuffer(source.size, usage);
      data.external = false;
      copy(source, data.resource);
    }
    const info = gpu.makeTensorInfo([...data.shape], data.dtype);
    each.write(tf.engine().makeTensorFromTensorInfo(info));
    return { data: dataOf(gpu, info.dataId), source };
  };

  return {
    before,
    after,
    isReplaced,
    enter(parity) {
      for (const [index, each] of state.entries()) {
        const { data, source } = own(index, each);
        const wanted = before(index, parity);
        if (source !== wanted) copy(source, wanted);
        if (data.resource === source && source !== wanted && !data.external)
          gpu.bufferManager.releaseBuffer(source);
        data.resource = wanted;
        data.external = true;
      }
    },
    leave(parity) {
      for (const [index, each] of state.entries()) {
        if (!isReplaced(index)) continue;
        const data = dataOf(gpu, each.read().dataId);
        data.resource = after(index, parity);
        // Read before, and kept on the CPU by tfjs.
        data.values = null;
      }
    },
    dispose(parity) {
      for (const [index, pair] of pairs.entries()) {
        const tensor = state[index]?.read();
        const data = tensor && !tensor.isDisposed ? dataOf(gpu, tensor.dataId) : undefined;
        const held = before(index, parity);
        const isHeld = data?.resource === held;
        if (data && isHeld) data.external = false;
        for (const buffer of pair)
          if (buffer && !(isHeld && buffer === held)) gpu.bufferManager.releaseBuffer(buffer, false);
      }
    },
  };
}

const dataOf = (gpu: Gpu, dataId: DataId) => gpu.tensorMap.get(dataId);

const bufferOf = ({ resource }: TensorData) => resource as GPUBuffer;
