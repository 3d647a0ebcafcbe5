/** What the GPU reports late is thrown by the next read, with the kernel and its shapes, and goes on being thrown. */
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startWebgpu } from '../test/network';
import { currentGpu } from '../webgpu';
import { fail, hasFailed, requireHealthy, watchErrors } from './errors';
import type { Gpu } from './internals';
import { launch, output } from './launch';
import { compileOnly } from './pipelines';
import type { Program } from './program';

let gpu: Gpu;

beforeAll(async () => {
  await startWebgpu();
  gpu = currentGpu();
});
// Starting again forgets what failed.
afterEach(async () => void (await startWebgpu()));

const program = (code: string): Program => ({
  name: 'TestKernel',
  variant: code,
  inputs: ['x'],
  outputs: ['y'],
  uniforms: { size: 'u32' },
  code: () => `@compute @workgroup_size(1) fn main(@builtin(global_invocation_id) id: vec3u) { ${code} }`,
});

function run(code: string, workgroups: [number, number, number] = [3, 1, 1]): tf.Tensor {
  const x = tf.tensor1d([1, 2, 3]);
  const y = output(gpu, [3]);
  launch(gpu, program(code), { inputs: [x], outputs: [y], uniforms: { size: 3 }, workgroups });
  return tf.engine().makeTensorFromTensorInfo(y);
}

const doubles = 'if (id.x < u.size) { y[id.x] = 2 * x[id.x]; }';

describe('errors of the GPU', () => {
  test('a program that runs', async () => {
    expect([...(await run(doubles).data())]).toEqual([2, 4, 6]);
  });

  test('a shader that does not compile names the kernel and the shapes, and stays told until the engine is started again', async () => {
    const broken = run('y[id.x] = no_such_function(x[id.x]);');
    const other = run(doubles);
    for (const tensor of [broken, other])
      await expect(tensor.data()).rejects.toMatchObject({
        code: 'GPU_SHADER',
        message: expect.stringContaining('TestKernel [3] [3] does not compile'),
        data: {
          kernel: 'TestKernel',
          shapes: '[3] [3]',
          message: expect.stringContaining('no_such_function'),
        },
      });
    await startWebgpu();
    expect([...(await run(doubles).data())]).toEqual([2, 4, 6]);
  });

  test('a dispatch that is refused names the last kernels', async () => {
    const most = gpu.device.limits.maxComputeWorkgroupsPerDimension;
    await expect(run(doubles, [most + 1, 1, 1]).data()).rejects.toMatchObject({
      code: 'GPU_ERROR',
      data: { recent: expect.arrayContaining(['TestKernel [3] [3]']) },
    });
  });

  test('what was refused before a new start is not held against what runs after it', async () => {
    const most = gpu.device.limits.maxComputeWorkgroupsPerDimension;
    // Encoded, and not submitted yet.
    run(doubles, [most + 1, 1, 1]);
    await startWebgpu();
    expect([...(await run(doubles).data())]).toEqual([2, 4, 6]);
  });

  test('one that is only compiled throws too', async () => {
    await expect(compileOnly(gpu, () => void run('y[0] = neither();'))).rejects.toMatchObject({
      code: 'GPU_SHADER',
      data: { kernel: 'TestKernel' },
    });
  });

  test('data cannot be read at once', () => {
    expect(() => run(doubles).dataSync()).toThrow(expect.objectContaining({ code: 'GPU_READ_SYNC' }));
  });
});

/** As much of a device as `watchErrors` listens to. */
function device() {
  const events = new EventTarget();
  let lose: (info: { reason: string; message: string }) => void = () => {};
  const lost = new Promise<{ reason: string; message: string }>((resolve) => {
    lose = resolve;
  });
  const made = Object.assign(events, { lost }) as unknown as GPUDevice;
  watchErrors(made);
  const report = (error: Error) =>
    events.dispatchEvent(Object.assign(new Event('uncapturederror', { cancelable: true }), { error }));
  return { made, lose, lost, report };
}

describe('a device', () => {
  test('that is lost', async () => {
    const { made, lose, lost } = device();
    lose({ reason: 'unknown', message: 'the driver was reset' });
    await lost;
    expect(() => requireHealthy(made)).toThrow(
      expect.objectContaining({ code: 'GPU_LOST', message: expect.stringContaining('the driver was reset') }),
    );
  });

  test('that is destroyed on purpose has not failed', async () => {
    const { made, lose, lost } = device();
    lose({ reason: 'destroyed', message: '' });
    await lost;
    expect(hasFailed(made)).toBe(false);
  });

  test('whose memory is full', () => {
    const { made, report } = device();
    expect(report(Object.assign(new GPUOutOfMemoryError('no 8 GiB')))).toBe(false);
    expect(() => requireHealthy(made)).toThrow(expect.objectContaining({ code: 'GPU_MEMORY' }));
  });

  test('keeps its first failure, but for a shader’s, from which others follow', () => {
    const { made, report } = device();
    report(new Error('first'));
    report(new Error('second'));
    expect(() => requireHealthy(made)).toThrow(/first/);
    fail(made, new NeusimError('GPU_SHADER', 'the reason'));
    fail(made, new NeusimError('GPU_SHADER', 'another'));
    expect(() => requireHealthy(made)).toThrow('the reason');
  });
});
