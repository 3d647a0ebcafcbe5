/** What tfjs's backend does at once, and must go on doing at once. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { startWebgpu } from '../test/network';
import { currentGpu } from '../webgpu';

beforeAll(async () => void (await startWebgpu()));

test('drawing on a canvas is submitted at once: its texture is gone after the task', () => {
  const gpu = currentGpu();
  const code = `@group(0) @binding(0) var<storage, read_write> y: array<f32>;
    struct Uniforms { strides: vec2i }
    @group(0) @binding(1) var<uniform> u: Uniforms;
    @compute @workgroup_size(1) fn main() { y[0] = f32(u.strides.x); }`;
  const module = gpu.device.createShaderModule({ code });
  const pipeline = gpu.device.createComputePipeline({ layout: 'auto', compute: { module } });
  const canvas = gpu.makeTensorInfo([2, 3, 1], 'float32');
  // tfjs counts: 0 from pixels, 1 drawing.
  const run = (pixelsOpType: number) =>
    gpu.recordAndSubmit(
      { pipeline, shaderKey: '', dispatch: [1, 1, 1], outputShape: [2, 3, 1], pixelsOpType },
      canvas,
      [],
    );
  run(0);
  expect(gpu.commandEncoder).not.toBeNull();
  run(1);
  expect(gpu.commandEncoder).toBeNull();
  tf.engine().makeTensorFromTensorInfo(canvas).dispose();
});
