// Deformable convolution, v1 and v2, against torchvision's: values made once by tools/golden/deform.py.

import { readFileSync } from 'node:fs';
import { type NdArray, ndArray, relativeError, tolerance, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { onEachEngine } from '../../../../tools/engines';
import type { ConvOptions } from '../geometry';
import { compare } from './compare';

interface Encoded {
  readonly shape: readonly number[];
  readonly values: string;
}
type Case = { readonly name: string; readonly options: ConvOptions } & Readonly<Record<string, Encoded>>;

const { cases } = JSON.parse(
  readFileSync(new URL('../../../../tools/golden/deform.json', import.meta.url), 'utf8'),
) as { cases: readonly Case[] };

function decode({ shape, values }: Encoded): NdArray {
  const bytes = Uint8Array.from(Buffer.from(values, 'base64'));
  return ndArray(shape, new Float32Array(bytes.buffer));
}

onEachEngine('deformable convolution', () => {
  test.each(cases.map((each) => [each.name, each] as const))('%s is torchvision’s', async (_, each) => {
    const names = ['x', 'w', 'offsets', ...(each.modulation ? ['modulation'] : [])];
    const inputs = names.map((name) => toTensor(decode(each[name]!)));
    const dy = toTensor(decode(each.dy!));
    const run = (...[x, w, offsets, modulation]: tf.Tensor[]) =>
      compare(
        x as tf.Tensor4D,
        w as tf.Tensor4D,
        null,
        { offsets: offsets as tf.Tensor4D, ...(modulation && { modulation: modulation as tf.Tensor4D }) },
        each.options,
      );
    const { forward, gradient } = tolerance(tf.getBackend());
    const y = run(...inputs);
    expect(y.shape).toEqual(each.y!.shape);
    expect(relativeError(await y.data(), decode(each.y!).data)).toBeLessThan(forward);
    const gradients = tf.grads(run)(inputs, dy);
    for (const [i, name] of names.entries())
      expect(
        relativeError(await gradients[i]!.data(), decode(each[`d${name}`]!).data),
        `gradient by ${name}`,
      ).toBeLessThan(gradient);
    tf.dispose([...inputs, ...gradients, dy, y]);
  });
});
