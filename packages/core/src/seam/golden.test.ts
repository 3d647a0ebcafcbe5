// Against PyTorch: values and gradients of plain and dilated convolutions, made once by tools/golden/convolution.py. They
// are exact in float32, whatever the order of the sums.

import { readFileSync } from 'node:fs';
import { relativeError, tolerance } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { onEachEngine } from '../../../../tools/engines';
import type { ConvOptions } from '../geometry';
import { similarityConv2d } from './similarity-conv2d';

type Array4 = readonly [number, number, number, number];

interface Case {
  readonly name: string;
  readonly options: ConvOptions;
  readonly shapes: Readonly<Record<'x' | 'w' | 'y', Array4>>;
  readonly x: number[];
  readonly w: number[];
  readonly dy: number[];
  readonly y: number[];
  readonly dx: number[];
  readonly dw: number[];
}

const { cases }: { readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('../../../../tools/golden/convolution.json', import.meta.url), 'utf8'),
);

onEachEngine("PyTorch's conv2d", (engine) => {
  test.each(cases)('$name', async ({ options, shapes, ...golden }) => {
    const [x, w, dy] = [
      tf.tensor4d(golden.x, [...shapes.x]),
      tf.tensor4d(golden.w, [...shapes.w]),
      tf.tensor4d(golden.dy, [...shapes.y]),
    ];
    const taps = shapes.w[0] * shapes.w[1];
    // As the plain convolution, and with M = I.
    for (const m of [null, tf.ones([1, 1, 1, taps]) as tf.Tensor]) {
      const forward = (x: tf.Tensor4D, w: tf.Tensor4D) => similarityConv2d(x, w, m, options);
      const y = forward(x, w);
      expect(y.shape).toEqual(shapes.y);
      const [dx, dw] = tf.grads(forward as never)([x, w], dy) as [tf.Tensor, tf.Tensor];
      for (const [found, wanted] of [
        [y, golden.y],
        [dx, golden.dx],
        [dw, golden.dw],
      ] as const)
        expect(relativeError([...(await found.data())], wanted)).toBeLessThan(tolerance(engine).forward);
    }
  });
});
