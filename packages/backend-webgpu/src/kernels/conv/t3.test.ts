import { appendFileSync, writeFileSync } from 'node:fs';
import core, { geometry, startBackend } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, test } from 'vitest';
import webgpu from '../../node';
import { withTile } from './tiles';

beforeAll(async () => {
  await startBackend(createRegistry(core, webgpu), 'webgpu');
});
const run = async (name: string, f: () => tf.Tensor) => {
  const t = process.cpuUsage();
  const y = f();
  await y.data();
  const t1 = process.cpuUsage(t);
  const t2 = process.cpuUsage();
  y.dispose();
  const y2 = f();
  await y2.data();
  appendFileSync(
    '/tmp/t3.out',
    `${name} first ${((t1.user + t1.system) / 1000).toFixed(0)} then ${(process.cpuUsage(t2).user / 1000).toFixed(1)}\n`,
  );
};
test('t', async () => {
  writeFileSync('/tmp/t3.out', '');
  const [C, F] = [+(process.env.C ?? 4), +(process.env.F ?? 4)];
  const x = tf.randomNormal([2, 5, 6, C]) as tf.Tensor4D,
    w = tf.randomNormal([3, 3, C, F]) as tf.Tensor4D;
  const dy = tf.randomNormal([2, 5, 6, F]) as tf.Tensor4D;
  const g = geometry([5, 6, C], [3, 3], { pad: 'same' });
  await run('zero', () => tf.square(x));
  await run('matmul', () => tf.matMul(tf.randomNormal([60, 36]), tf.randomNormal([36, 40])));
  await run('depthwise', () => tf.depthwiseConv2d(x, w, 1, 'same'));
  await run('matmul', () => tf.matMul(tf.randomNormal([60, 37]), tf.randomNormal([37, 41])));
  const tiles = JSON.parse(process.env.TILES!) as number[][];
  for (const [tileM, tileN, tileK, rowsPerThread, columnsPerThread] of tiles) {
    const k = (name: string, inputs: any, attrs: any = { g }) =>
      run(`${[tileM, tileN, tileK, rowsPerThread, columnsPerThread]} ${name}`, () =>
        withTile(
          { tileM, tileN, tileK, rowsPerThread, columnsPerThread } as any,
          () => tf.engine().runKernel(name, inputs, attrs) as tf.Tensor,
        ),
      );
    await k('NeusimConv2D', { x, w });
    await k('NeusimConv2DBackpropInput', { dy, w });
    await k('NeusimConv2DBackpropFilter', { x, dy });
  }
}, 600000);
