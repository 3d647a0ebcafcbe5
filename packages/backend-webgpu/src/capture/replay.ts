/**
 * A recorded step, ready to run again: pipelines, bind groups, buffers and uniforms are all made once. A run writes the
 * inputs' values, encodes every dispatch into one pass, and submits: no tape, no tensors, no new bind groups.
 */
import type { StepInput, StepState } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { flush } from '../engine/encode';
import { hasFailed, remember, requireHealthy } from '../engine/errors';
import type { Gpu } from '../engine/internals';
import { planMemory } from './plan';
import { forget, type Place, type Recording } from './record';
import { stateBuffers } from './state';

export interface Replay {
  /** @returns the outputs, as new tensors. @throws NeusimError GPU_* */
  run(inputs: readonly StepInput[]): tf.Tensor[];
  /** Dispatches a run. */
  readonly dispatches: number;
  /** Bytes of the buffers for results. */
  readonly plannedBytes: number;
  dispose(): void;
}

interface Encoded {
  readonly pipeline: GPUComputePipeline;
  /** By parity of the run. */
  readonly bindGroups: readonly [GPUBindGroup, GPUBindGroup];
  readonly workgroups: readonly [number, number, number];
}

/** @param recording taken over, with its constants. */
export function createReplay(gpu: Gpu, recording: Recording, state: readonly StepState[]): Replay {
  const { device } = gpu;
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const acquire = (size: number) => gpu.bufferManager.acquireBuffer(size, usage, false, false);
  const plan = planMemory(recording);
  const results = plan.buffers.map(acquire);
  const inputs = new Map([...inputBytes(recording)].map(([index, bytes]) => [index, acquire(bytes)]));
  const states = stateBuffers(gpu, recording, state);
  const stateOfResult = new Map(
    recording.after.flatMap(({ kind, index }, i) => (kind === 'result' ? [[index, i] as const] : [])),
  );
  const uniforms = packUniforms(gpu, recording);

  const bufferAt = ({ kind, index }: Place, parity: 0 | 1): GPUBuffer => {
    if (kind === 'input') return inputs.get(index) as GPUBuffer;
    if (kind === 'constant') return recording.constants[index] as GPUBuffer;
    if (kind === 'state') return states.before(index, parity);
    const ofState = stateOfResult.get(index);
    if (ofState !== undefined) return states.after(ofState, parity);
    return results[plan.bufferOf[index] as number] as GPUBuffer;
  };
  const touchesState = ({ kind, index }: Place) =>
    kind === 'state' ? states.isReplaced(index) : kind === 'result' && stateOfResult.has(index);

  const encoded = recording.dispatches.map(({ pipeline, places, workgroups }, i): Encoded => {
    const make = (parity: 0 | 1) =>
      device.createBindGroup({
        layout: pipeline.layout,
        entries: [
          ...places.map((place, binding) => ({
            binding,
            resource: { buffer: bufferAt(place, parity), size: place.bytes },
          })),
          { binding: places.length, resource: { buffer: uniforms.buffer, ...uniforms.ranges[i] } },
        ],
      });
    const even = make(0);
    return {
      pipeline: pipeline.compute,
      bindGroups: [even, places.some(touchesState) ? make(1) : even],
      workgroups,
    };
  });

  let parity: 0 | 1 = 0;
  const encode = (pass: GPUComputePassEncoder) => {
    let last: GPUComputePipeline | undefined;
    for (const { pipeline, bindGroups, workgroups } of encoded) {
      if (pipeline !== last) pass.setPipeline(pipeline);
      last = pipeline;
      pass.setBindGroup(0, bindGroups[parity]);
      pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
    }
  };

  return {
    dispatches: encoded.length,
    plannedBytes: plan.buffers.reduce((a, b) => a + b, 0),
    run(values) {
      if (hasFailed(device)) requireHealthy(device);
      flush(gpu);
      states.enter(parity);
      for (const [index, buffer] of inputs)
        gpu.queue.writeBuffer(buffer, 0, values[index]?.values as Float32Array<ArrayBuffer>);
      remember(device, { name: `a replayed step of ${encoded.length} kernels`, tensors: [] });
      gpu.ensureCommandEncoderReady();
      const encoder = gpu.commandEncoder as GPUCommandEncoder;
      const pass = encoder.beginComputePass(timestamps(gpu));
      encode(pass);
      pass.end();
      const outputs = recording.outputs.map(({ shape, dtype, ...place }) => {
        const info = gpu.makeTensorInfo([...shape], dtype);
        gpu.uploadToGPU(info.dataId);
        const to = gpu.tensorMap.get(info.dataId).resource as GPUBuffer;
        encoder.copyBufferToBuffer(bufferAt(place, parity), 0, to, 0, to.size);
        return tf.engine().makeTensorFromTensorInfo(info);
      });
      if (gpu.activeTimers) gpu.activeTimers.push({ name: 'replay', query: gpu.getQueryTime() });
      else gpu.submitQueue();
      states.leave(parity);
      parity = parity === 0 ? 1 : 0;
      return outputs;
    },
    dispose() {
      // Commands that read the state may be waiting.
      flush(gpu);
      states.dispose();
      for (const buffer of [...results, ...inputs.values()]) gpu.bufferManager.releaseBuffer(buffer, false);
      forget(gpu, recording.constants);
      uniforms.buffer.destroy();
    },
  };
}

/** Bytes of each input that is read or returned: others need no buffer. */
function inputBytes({ dispatches, outputs }: Recording): Map<number, number> {
  const bytes = new Map<number, number>();
  for (const place of [...dispatches.flatMap(({ places }) => places), ...outputs])
    if (place.kind === 'input') bytes.set(place.index, place.bytes);
  return bytes;
}

/** All uniforms in one buffer, equal ones once. */
function packUniforms(gpu: Gpu, { dispatches }: Recording) {
  const { minUniformBufferOffsetAlignment: alignment } = gpu.device.limits;
  const offsets = new Map<string, number>();
  const distinct: ArrayBuffer[] = [];
  let end = 0;
  const ranges = dispatches.map(({ uniforms }) => {
    const key = new Uint32Array(uniforms).join();
    let offset = offsets.get(key);
    if (offset === undefined) {
      offset = end;
      offsets.set(key, offset);
      distinct.push(uniforms);
      end += alignment * Math.ceil(uniforms.byteLength / alignment);
    }
    return { offset, size: uniforms.byteLength };
  });
  const buffer = gpu.device.createBuffer({
    label: 'neusim uniforms',
    size: Math.max(end, alignment),
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    mappedAtCreation: true,
  });
  const bytes = new Uint8Array(buffer.getMappedRange());
  const starts = [...offsets.values()];
  for (const [i, each] of distinct.entries()) bytes.set(new Uint8Array(each), starts[i] as number);
  buffer.unmap();
  return { buffer, ranges };
}

/** While tfjs measures time, when the pass begins and ends. */
function timestamps(gpu: Gpu): GPUComputePassDescriptor {
  if (!gpu.activeTimers || !gpu.supportTimestampQuery) return {};
  gpu.querySet ??= gpu.device.createQuerySet({ type: 'timestamp', count: gpu.querySetCount });
  return {
    timestampWrites: { querySet: gpu.querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
  };
}
