/**
 * Listening to one run of a step: every dispatch in order, with tensors as numbers. A tensor is one of the inputs, a
 * tensor of the state as the step finds it, the result of an earlier dispatch, or a constant: its values are then
 * copied as they are now, since nobody else keeps them.
 */
import type * as tf from '@tensorflow/tfjs-core';
import { type Encoding, flush, listen } from '../engine/encode';
import type { DataId, Gpu } from '../engine/internals';
import type { Pipeline } from '../engine/pipelines';

/** Where a tensor of a recording comes from; `index` counts within its kind. */
export interface Place {
  readonly kind: 'input' | 'state' | 'constant' | 'result';
  readonly index: number;
  readonly bytes: number;
}

export interface RecordedDispatch {
  readonly name: string;
  readonly pipeline: Pipeline;
  readonly workgroups: readonly [number, number, number];
  readonly uniforms: ArrayBuffer;
  readonly places: readonly Place[];
  readonly writes: readonly boolean[];
}

export interface Recording {
  readonly dispatches: readonly RecordedDispatch[];
  /** Copies of the constants. The recording owns them. */
  readonly constants: readonly GPUBuffer[];
  /** Where each tensor of the state is after the step; its own place where the step leaves it alone. */
  readonly after: readonly Place[];
  readonly outputs: readonly (Place & Pick<tf.TensorInfo, 'shape' | 'dtype'>)[];
  /** Number of results. */
  readonly results: number;
}

export interface Run {
  readonly inputs: readonly tf.Tensor[];
  readonly state: () => readonly tf.Tensor[];
  readonly step: () => tf.Tensor[];
}

/**
 * Runs the step and records it.
 * @returns the step's outputs; and the recording, or why there is none.
 */
export function record(
  gpu: Gpu,
  { inputs, state, step }: Run,
): { outputs: tf.Tensor[]; recording: Recording | string } {
  const recorder = new Recorder(gpu);
  for (const tensor of inputs) recorder.know(tensor, 'input');
  for (const tensor of state()) recorder.know(tensor, 'state');
  const release = recorder.listen();
  let outputs: tf.Tensor[];
  try {
    outputs = step();
  } catch (error) {
    recorder.dispose();
    throw error;
  } finally {
    release();
  }
  const recording = recorder.finish(state(), outputs);
  if (typeof recording === 'string') recorder.dispose();
  return { outputs, recording };
}

/** Frees a recording's constants. */
export function forget(gpu: Gpu, constants: readonly GPUBuffer[]): void {
  // Copies into them may be waiting.
  flush(gpu);
  for (const constant of constants) constant.destroy();
}

class Recorder {
  private readonly places = new Map<DataId, Place>();
  private readonly counts = { input: 0, state: 0, constant: 0, result: 0 };
  private readonly dispatches: RecordedDispatch[] = [];
  private readonly constants: GPUBuffer[] = [];
  private refusal: string | undefined;

  constructor(private readonly gpu: Gpu) {}

  /** A tensor that is there before the step; on the GPU from now on, so that no op computes with it elsewhere. */
  know({ dataId }: tf.TensorInfo, kind: 'input' | 'state'): void {
    this.gpu.uploadToGPU(dataId);
    this.add(dataId, kind);
  }

  /** @returns what ends the listening. */
  listen(): () => void {
    const { gpu } = this;
    listen(gpu, { dispatched: (encoding) => this.dispatched(encoding) });
    const { read, readSync, readToGPU } = gpu;
    const refuse = (what: string) => {
      this.refusal ??= what;
    };
    gpu.read = (dataId) => {
      if (this.isComputed(dataId)) refuse('it reads data from the GPU');
      return read.call(gpu, dataId);
    };
    gpu.readSync = (dataId) => {
      if (this.isComputed(dataId)) refuse('it reads data from the GPU');
      return readSync.call(gpu, dataId);
    };
    gpu.readToGPU = (...args) => {
      refuse('it copies a tensor to a buffer of its own');
      return readToGPU.apply(gpu, args);
    };
    return () => {
      listen(gpu, null);
      Object.assign(gpu, { read, readSync, readToGPU });
    };
  }

  finish(state: readonly tf.Tensor[], outputs: readonly tf.Tensor[]): Recording | string {
    if (this.refusal !== undefined) return this.refusal;
    const after = state.map(({ dataId }, index) => {
      const place = this.places.get(dataId);
      const mine = place?.kind === 'result' || (place?.kind === 'state' && place.index === index);
      return mine
        ? place
        : `the step puts something into tensor ${index} of its state that it did not compute`;
    });
    const placed = outputs.map((tensor, index) => {
      const place = this.places.get(tensor.dataId);
      return place
        ? { ...place, shape: tensor.shape, dtype: tensor.dtype }
        : `output ${index} is computed outside the GPU`;
    });
    const written = after.flatMap((place) =>
      typeof place === 'object' && place.kind === 'result' ? [place] : [],
    );
    if (new Set(written).size < written.length) return 'it puts one tensor into two places of its state';
    const refusal = [...after, ...placed].find((found) => typeof found === 'string');
    if (refusal !== undefined) return refusal;
    return {
      dispatches: this.dispatches,
      constants: this.constants,
      after: after as Place[],
      outputs: placed as Recording['outputs'],
      results: this.counts.result,
    };
  }

  dispose(): void {
    forget(this.gpu, this.constants.splice(0));
  }

  private dispatched({ name, pipeline, workgroups, uniforms, tensors, writes }: Encoding): void {
    const places = tensors.map(({ dataId }, i) => {
      const { resource } = this.gpu.tensorMap.get(dataId);
      if (!(resource instanceof GPUBuffer)) this.refusal ??= `${name} reads a picture`;
      const known = this.places.get(dataId);
      if (writes[i]) {
        if (known && known.kind !== 'result')
          this.refusal ??= `${name} writes into a tensor that it was given`;
        return known ?? this.add(dataId, 'result');
      }
      return known ?? this.constant(dataId);
    });
    this.dispatches.push({ name, pipeline, workgroups, uniforms, places, writes });
  }

  private constant(dataId: DataId): Place {
    const { gpu } = this;
    const source = gpu.tensorMap.get(dataId).resource;
    const place = this.add(dataId, 'constant');
    if (!(source instanceof GPUBuffer)) return place;
    const copy = gpu.device.createBuffer({
      label: 'neusim constant',
      size: source.size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    gpu.ensureCommandEncoderReady();
    gpu.endComputePassEncoder();
    gpu.commandEncoder?.copyBufferToBuffer(source, 0, copy, 0, source.size);
    this.constants.push(copy);
    return place;
  }

  private add(dataId: DataId, kind: Place['kind']): Place {
    const { resource } = this.gpu.tensorMap.get(dataId);
    const bytes = resource instanceof GPUBuffer ? resource.size : 0;
    const place = { kind, index: this.counts[kind]++, bytes };
    this.places.set(dataId, place);
    return place;
  }

  private isComputed(dataId: DataId): boolean {
    return this.places.has(dataId) || this.gpu.tensorMap.get(dataId).resource != null;
  }
}
