/** Compiling ahead that breaks off leaves nothing half compiled: what runs next is compiled and run. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, test } from 'vitest';
import { startWebgpu } from '../test/network';
import { currentGpu } from '../webgpu';
import { launch, output } from './launch';
import { compileOnly } from './pipelines';
import type { Program } from './program';

beforeEach(async () => void (await startWebgpu()));

/** Adds a number, in a program of its own. */
const adds = (n: number, declared = ''): Program => ({
  name: 'TestAdds',
  variant: `${n} ${declared.length}`,
  inputs: ['x'],
  outputs: ['y'],
  uniforms: { size: 'u32' },
  code: () =>
    `${declared} @compute @workgroup_size(1) fn main(@builtin(global_invocation_id) id: vec3u) { if (id.x < u.size) { y[id.x] = x[id.x] + ${n}; } }`,
});

function run(program: Program): tf.Tensor {
  const gpu = currentGpu();
  const x = tf.tensor1d([1, 2, 3]);
  const y = output(gpu, [3]);
  launch(gpu, program, { inputs: [x], outputs: [y], uniforms: { size: 3 }, workgroups: [3, 1, 1] });
  x.dispose();
  return tf.engine().makeTensorFromTensorInfo(y);
}

const valuesOf = async (tensor: tf.Tensor) => [...(await tensor.data())];

describe('compiling ahead', () => {
  test('where what is compiled throws half way', async () => {
    const broken = compileOnly(currentGpu(), () => {
      run(adds(10));
      tf.asinh(tf.tensor1d([1, 2]));
      throw new Error('not a network');
    });
    await expect(broken).rejects.toThrow('not a network');
    expect(await valuesOf(run(adds(10)))).toEqual([11, 12, 13]);
    expect((await valuesOf(tf.asinh(tf.tensor1d([0, 0]))))[0]).toBe(0);
  });

  test('while something else runs', async () => {
    const zeros = tf.zeros([3]);
    const compiling = compileOnly(currentGpu(), () => void [run(adds(20)), tf.acosh(zeros), tf.cosh(zeros)]);
    const ran = run(adds(20));
    const stock = [tf.cosh(zeros), tf.sinh(zeros)];
    await compiling;
    stock.push(tf.cosh(zeros), tf.sinh(zeros));
    expect(await Promise.all(stock.map(async (y) => (await valuesOf(y))[0]))).toEqual([1, 0, 1, 0]);
    expect(await valuesOf(ran)).toEqual([21, 22, 23]);
    expect(await valuesOf(run(adds(20)))).toEqual([21, 22, 23]);
  });

  test('a pipeline that is refused, and not its code, is refused again after a new start', async () => {
    // More memory than any device has for a workgroup.
    const program: Program = {
      ...adds(30),
      code: () =>
        `override n: u32; var<workgroup> much: array<f32, n>; ${adds(30).code().replace('+ 30', '+ much[id.x]')}`,
    };
    await expect(compileOnly(currentGpu(), () => void run(program))).rejects.toMatchObject({
      code: 'GPU_SHADER',
    });
    await startWebgpu();
    await expect(run(program).data()).rejects.toMatchObject({ code: 'GPU_SHADER' });
  });
});
