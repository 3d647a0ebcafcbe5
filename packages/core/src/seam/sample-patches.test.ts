import { randomNormal, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { onEachEngine } from '../../../../tools/engines';
import { geometry } from '../geometry';
import { samplePatches } from './sample-patches';
import { similarityConv2d } from './similarity-conv2d';

type T4 = tf.Tensor4D;

onEachEngine('sampling at offsets', () => {
  describe.each([[0, 0] as const, [1, -1] as const, [0.5, 0.25] as const, [-7.5, 0.5] as const])(
    '(%f, %f)',
    (dy, dx) => {
      test('reads between four elements, zeros outside', async () => {
        const array = randomNormal([2, 4, 5, 3], 1);
        const g = geometry([4, 5, 3], [3, 2], { strides: [2, 1], pad: 'same' });
        const offsets = tf.reshape(tf.tile(tf.tensor1d([dy, dx]), [6]), [1, 1, 1, 12]) as T4;
        const got = await samplePatches(toTensor(array) as T4, offsets, g).data();
        const at = (b: number, y: number, x: number, c: number) =>
          y < 0 || x < 0 || y >= 4 || x >= 5 ? 0 : array.data[((b * 4 + y) * 5 + x) * 3 + c]!;
        let i = 0;
        for (let b = 0; b < 2; b++)
          for (let row = 0; row < g.outHeight; row++)
            for (let column = 0; column < g.outWidth; column++)
              for (let t = 0; t < 6; t++)
                for (let c = 0; c < 3; c++) {
                  const y = row * 2 - g.pad[0][0] + Math.floor(t / 2) + dy;
                  const x = column - g.pad[1][0] + (t % 2) + dx;
                  const [y0, x0] = [Math.floor(y), Math.floor(x)];
                  let value = 0;
                  for (const u of [0, 1])
                    for (const v of [0, 1])
                      value +=
                        Math.abs(1 - u - (y - y0)) * Math.abs(1 - v - (x - x0)) * at(b, y0 + u, x0 + v, c);
                  expect(got[i++]).toBeCloseTo(value, 5);
                }
      });
    },
  );

  test('without offsets it is the plain convolution, with a full M too', async () => {
    const [x, w, m] = [
      randomNormal([2, 5, 4, 3], 1),
      randomNormal([3, 3, 3, 2], 2),
      randomNormal([2, 5, 4, 9, 9], 3),
    ].map((array) => toTensor(array)) as [T4, T4, tf.Tensor];
    const zero = tf.zeros([1, 1, 1, 18]) as T4;
    const difference = tf.sub(
      similarityConv2d(x, w, m, { pad: 'same', offsets: zero }),
      similarityConv2d(x, w, m, { pad: 'same' }),
    );
    expect((await tf.max(tf.abs(difference)).data())[0]).toBeLessThan(2e-5);
  });
});
