import { checkGradients, convolutionCases } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { onEachEngine, start } from '../../../../tools/engines';
import { similarityConv2d } from './similarity-conv2d';

onEachEngine('similarityConv2d', () => {
  test.each(convolutionCases.map((c) => [c.name, c] as const))('%s', async (_, testCase) => {
    await checkGradients(similarityConv2d as never, testCase);
  });

  test('whole numbers are taken as floats', async () => {
    const x = tf.cast(tf.ones([1, 3, 3, 1]), 'int32') as tf.Tensor4D;
    const before = tf.memory().numTensors;
    for (const m of [null, tf.ones([9]), tf.cast(tf.ones([1, 1, 1, 9]), 'int32')])
      expect((await similarityConv2d(x, tf.ones([3, 3, 1, 1]), m).data())[0]).toBe(9);
    expect(tf.memory().numTensors - before).toBe(9);
  });

  test.each([
    ['x of rank 3', [4, 4, 2], [3, 3, 2, 2], null, 'SIMILARITY_SHAPE'],
    ['channels 3 against 2', [1, 4, 4, 3], [3, 3, 2, 2], null, 'SIMILARITY_SHAPE'],
    ['m of 8 taps for 9', [1, 4, 4, 2], [3, 3, 2, 2], [1, 2, 2, 8], 'SIMILARITY_SHAPE'],
    ['m of [8]', [1, 4, 4, 2], [3, 3, 2, 2], [8], 'SIMILARITY_SHAPE'],
    ["m on the input's grid", [1, 4, 4, 2], [3, 3, 2, 2], [1, 4, 4, 9], 'SIMILARITY_SHAPE'],
    ['kernel 5 on 4', [1, 4, 4, 2], [5, 5, 2, 2], null, 'GEOMETRY_KERNEL_TOO_LARGE'],
  ])('refuses %s', (_, x, w, m, code) => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const given = [tf.ones(x), tf.ones(w), m && tf.ones(m)] as unknown as Parameters<
        typeof similarityConv2d
      >;
      expect(() => similarityConv2d(...given)).toThrow(expect.objectContaining({ code }));
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  test('refuses what is no tensor', () => {
    expect(() => similarityConv2d(false as never, false as never, null)).toThrow(
      expect.objectContaining({
        code: 'SIMILARITY_SHAPE',
        message: 'x must be a tensor [B,H,W,C], not boolean',
      }),
    );
  });
});

test('on wasm, images larger than a slice are computed in runs of rows', async () => {
  await start('wasm');
  await checkGradients(
    similarityConv2d as never,
    {
      name: 'large',
      x: [2, 150, 160, 6],
      w: [5, 5, 6, 2],
      m: [2, 75, 160, 25],
      options: { strides: [2, 1], pad: 'same', dilations: [1, 1] },
    },
    { order: 1 },
  );
});
