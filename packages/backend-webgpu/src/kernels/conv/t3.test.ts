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
  appendFileSync('/tmp/t3.out', `encoded ${process.cpuUsage(t).user / 1000}\n`);
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

  const m = tf.randomNormal([2, 5, 6, 9]);
  const mm = tf.randomNormal([2, 5, 6, 9, 9]);
  const k = (name: string, inputs: any, attrs: any = { g }) => {
    appendFileSync('/tmp/t3.out', name + Object.keys(inputs) + '\n');
    return run('', () =>
      withTile(
        { tileM: T[0], tileN: T[1], tileK: T[2], rowsPerThread: T[3], columnsPerThread: T[4] } as any,
        () => tf.engine().runKernel(name, inputs, attrs) as tf.Tensor,
      ),
    );
  };
  const T = JSON.parse(process.env.TILES!);
  const S = process.env.ONLY;
  if (!S || S.includes('y')) await k('NeusimSimilarityConv2D', { x, w, m });
  if (!S || S.includes('i')) await k('NeusimSimilarityConv2DBackpropInput', { dy, w, m });
  if (!S || S.includes('f')) await k('NeusimSimilarityConv2DBackpropFilter', { x, dy, m });
  if (!S || S.includes('m'))
    await k('NeusimSimilarityConv2DBackpropSimilarity', { x, w, dy }, { g, mShape: m.shape });
  if (!S || S.includes('Y')) await k('NeusimSimilarityConv2D', { x, w, m: mm });
  if (!S || S.includes('I')) await k('NeusimSimilarityConv2DBackpropInput', { dy, w, m: mm });
  if (!S || S.includes('F')) await k('NeusimSimilarityConv2DBackpropFilter', { x, dy, m: mm });
  if (!S || S.includes('M'))
    await k('NeusimSimilarityConv2DBackpropSimilarity', { x, w, dy }, { g, mShape: mm.shape });
}, 600000);
