/**
 * One dispatch into tfjs's open command encoder, whether of a kernel of ours or of tfjs's: the one place through which
 * all work for the GPU goes, and where a recorder listens.
 */
import * as tf from '@tensorflow/tfjs-core';
import { hasFailed, remember } from './errors';
import type { DataId, Gpu } from './internals';
import type { Pipeline } from './pipelines';

export interface Encoding {
  /** The kernel, as errors and profiles name it. */
  readonly name: string;
  /** In the order of the bindings; uniforms come last. */
  readonly tensors: readonly tf.TensorInfo[];
  /** For each tensor whether the program writes it (all of it). */
  readonly writes: readonly boolean[];
  readonly uniforms: ArrayBuffer;
  readonly pipeline: Pipeline;
  readonly workgroups: readonly [number, number, number];
}

/** Listens to every dispatch of a backend. */
export interface Listener {
  dispatched(encoding: Encoding): void;
}

const listeners = new WeakMap<Gpu, Listener>();

/** @param listener null: nobody listens any more. */
export function listen(gpu: Gpu, listener: Listener | null): void {
  if (listener) listeners.set(gpu, listener);
  else listeners.delete(gpu);
}

export function encode(gpu: Gpu, encoding: Encoding): void {
  const { name, tensors, uniforms, pipeline, workgroups } = encoding;
  for (const { dataId } of tensors) gpu.uploadToGPU(dataId);
  if (hasFailed(gpu.device)) return;
  remember(gpu.device, encoding);
  listeners.get(gpu)?.dispatched(encoding);

  const uniformBuffer = gpu.bufferManager.acquireBuffer(
    uniforms.byteLength,
    GPUBufferUsage.COPY_DST | GPUBufferUsage.UNIFORM,
  );
  gpu.queue.writeBuffer(uniformBuffer, 0, uniforms);
  gpu.uniformPendingDisposal.push(uniformBuffer);
  const entries: GPUBindGroupEntry[] = tensors.map(({ dataId }, binding) => {
    gpu.commandQueueOwnedIds.add(dataId);
    return { binding, resource: bindingOf(gpu, dataId) };
  });
  entries.push({ binding: tensors.length, resource: { buffer: uniformBuffer } });
  const bindGroup = gpu.device.createBindGroup({ layout: pipeline.layout, entries });

  const pass = beginPass(gpu);
  pass.setPipeline(pipeline.compute);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(...workgroups);
  gpu.dispatchCountInPass++;
  if (gpu.activeTimers) {
    gpu.endComputePassEncoder();
    gpu.activeTimers.push({ name, query: gpu.getQueryTime() });
  } else if (gpu.dispatchCountInPass >= tf.env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE')) {
    gpu.endComputePassEncoder();
    gpu.submitQueue();
  }
}

/** The open pass; while tfjs measures time, a pass of its own for each dispatch. */
function beginPass(gpu: Gpu): GPUComputePassEncoder {
  gpu.ensureCommandEncoderReady();
  const encoder = gpu.commandEncoder as GPUCommandEncoder;
  if (!gpu.activeTimers || !gpu.supportTimestampQuery) {
    gpu.computePassEncoder ??= encoder.beginComputePass();
    return gpu.computePassEncoder;
  }
  gpu.endComputePassEncoder();
  gpu.querySet ??= gpu.device.createQuerySet({ type: 'timestamp', count: gpu.querySetCount });
  gpu.computePassEncoder = encoder.beginComputePass({
    timestampWrites: { querySet: gpu.querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
  });
  return gpu.computePassEncoder;
}

function bindingOf(gpu: Gpu, dataId: DataId): GPUBindingResource {
  const { resource } = gpu.tensorMap.get(dataId);
  if (typeof GPUTexture !== 'undefined' && resource instanceof GPUTexture) return resource.createView();
  return resource instanceof GPUBuffer ? { buffer: resource } : (resource as GPUExternalTexture);
}

/** Submits what has been encoded, if anything has. */
export function flush(gpu: Gpu): void {
  gpu.endComputePassEncoder();
  if (gpu.commandEncoder) gpu.submitQueue();
}
