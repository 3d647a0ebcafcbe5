/**
 * What this package uses of tfjs's WebGPU backend beyond its public methods: tensors' buffers and the open command
 * encoder. Our kernels and tfjs's own go into one encoder, in the order in which they are called.
 */

import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { BackendValues, DataType, TensorInfo } from '@tensorflow/tfjs-core';

export type DataId = TensorInfo['dataId'];

/** tfjs's own record of a tensor's data. */
export interface TensorData {
  dtype: DataType;
  shape: number[];
  /** On the CPU, where it was never uploaded or has been read. */
  values: ArrayLike<number> | null | undefined;
  resource?: GPUBuffer | GPUTexture | GPUExternalTexture | null;
  refCount: number;
  external?: boolean;
}

interface Internals {
  readonly device: GPUDevice;
  readonly queue: GPUQueue;
  readonly tensorMap: {
    get(id: DataId): TensorData;
    has(id: DataId): boolean;
  };
  readonly bufferManager: {
    acquireBuffer(size: number, usage: number, mapped?: boolean, reuse?: boolean): GPUBuffer;
    releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void;
    /** Those that no tensor uses, by size and usage. */
    readonly freeBuffers: Map<string, GPUBuffer[]>;
    numFreeBuffers: number;
    numBytesAllocated: number;
  };
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  dispatchCountInPass: number;
  commandQueueOwnedIds: WeakSet<DataId>;
  readonly supportTimestampQuery: boolean;
  activeTimers: { name: string; query: Promise<number> }[] | null | undefined;
  querySet: GPUQuerySet | null;
  readonly querySetCount: number;
  uniformPendingDisposal: GPUBuffer[];
  uploadToGPU(id: DataId): void;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  getQueryTime(): Promise<number>;
  getBufferData(buffer: GPUBuffer): Promise<ArrayBuffer>;
  convertAndCacheOnCPU(id: DataId, values: BackendValues): BackendValues;
  recordAndSubmit(
    program: StockProgram,
    output: TensorInfo,
    inputs: TensorInfo[],
    uniforms?: readonly StockUniform[],
  ): void;
  pipelineCache: Record<string, GPUComputePipeline | Promise<GPUComputePipeline>>;
}

/** One value of a stock program's uniforms. */
export interface StockUniform {
  readonly type: string;
  readonly data: number[];
}

export interface StockProgram {
  readonly pipeline: GPUComputePipeline | Promise<GPUComputePipeline>;
  readonly shaderKey: string;
  readonly dispatch: [number, number, number];
  readonly outputShape: number[];
  readonly outputComponent?: number;
  readonly size?: boolean;
  readonly pixelsOpType?: number;
}

/** tfjs's backend, with what lies behind its `private`. */
export type Gpu = Omit<WebGPUBackend, keyof Internals> & Internals;

export const gpuOf = (backend: object): Gpu => backend as Gpu;
