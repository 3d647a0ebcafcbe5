/**
 * The state's tensors in buffers of the replay's own, two for each that the step replaces: a run reads one and writes
 * the other, and the next run the other way round. A tensor of the state then stands for the one written last.
 */
import type { StepState } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
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
  dispose(): void;
}

export function stateBuffers(gpu: Gpu, recording: Recording, state: readonly StepState[]): StateBuffers {
  const isReplaced = (index: number) => recording.after[index]?.kind === 'result';
  const sizes = state.map((each) => bufferOf(dataOf(gpu, each.read().dataId)).size);
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const acquire = (size: number) => gpu.bufferManager.acquireBuffer(size, usage, false, false);
  const forms = state.map((each) => ({ shape: each.read().shape, dtype: each.read().dtype }));
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

  /** The data that stands for a buffer of ours, of each index. */
  const holders: TensorData[] = [];

  /** A buffer of its own for data that is to stay as it is while ours is written. */
  const setApart = (data: TensorData) => {
    const source = bufferOf(data);
    data.resource = gpu.bufferManager.acquireBuffer(source.size, usage);
    data.external = false;
    copy(source, data.resource);
  };

  /** Whether somebody holds the data, and it a buffer of ours. */
  const isHeld = (index: number, data: TensorData | undefined): data is TensorData =>
    data !== undefined && data.refCount > 0 && !!pairs[index]?.includes(bufferOf(data));

  const requireForm = (index: number, { shape, dtype }: tf.Tensor) => {
    const wanted = forms[index] as (typeof forms)[number];
    if (dtype === wanted.dtype && tf.util.arraysEqual(shape, wanted.shape)) return;
    throw new NeusimError(
      'STEP_STATE',
      `tensor ${index} of the state is ${dtype}[${shape}], and was ${wanted.dtype}[${wanted.shape}]`,
      { data: { index, shape, dtype, wanted }, hint: 'Capture the step anew for a state of another shape.' },
    );
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
    if (data.external) setApart(data);
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
        const tensor = each.read();
        requireForm(index, tensor);
        const held = holders[index];
        // Another tensor was put into the state, and somebody holds a copy of the one before.
        if (held !== gpu.tensorMap.get(tensor.dataId) && isHeld(index, held)) setApart(held);
        const { data, source } = own(index, each);
        const wanted = before(index, parity);
        if (source !== wanted) copy(source, wanted);
        if (data.resource === source && source !== wanted && !data.external)
          gpu.bufferManager.releaseBuffer(source);
        data.resource = wanted;
        data.external = true;
        holders[index] = data;
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
    dispose() {
      for (const [index, pair] of pairs.entries()) {
        const data = holders[index];
        const kept = isHeld(index, data) ? data.resource : undefined;
        if (data && kept) data.external = false;
        for (const buffer of pair)
          if (buffer && buffer !== kept) gpu.bufferManager.releaseBuffer(buffer, false);
      }
    },
  };
}

const dataOf = (gpu: Gpu, dataId: DataId) => gpu.tensorMap.get(dataId);

const bufferOf = ({ resource }: TensorData) => resource as GPUBuffer;
