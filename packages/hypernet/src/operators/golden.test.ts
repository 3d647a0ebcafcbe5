/** Against timm's CondConv2d, and the papers' formulas in numpy: values made once by tools/golden/operators.py. */
import { readFileSync } from 'node:fs';
import core, { type Operator } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { fromTensor, ndArray, relativeError, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import hypernet from '../index';

interface Packed {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Case {
  readonly options: Record<string, unknown>;
  readonly args: { readonly filters: number; readonly kernelSize: number };
  /** x, then the weights in the model's order. */
  readonly values: readonly Packed[];
  readonly y: Packed;
  readonly dy?: Packed;
  readonly gradients?: readonly Packed[];
}

const golden: { readonly cases: Record<string, readonly Case[]> } = JSON.parse(
  readFileSync(new URL('../../../../tools/golden/operators.json', import.meta.url), 'utf8'),
);
const registry = createRegistry(core, hypernet);
const all = Object.entries(golden.cases).flatMap(([name, cases]) =>
  cases.map((each) => [name, JSON.stringify(each.options), each] as const),
);
const tensor = ({ shape, data }: Packed) => toTensor(ndArray(shape, data));

describe.each(['cpu', 'wasm'] as const)('golden values on %s', (engine) => {
  test.each(all)('%s %s', async (name, _, { options, args, values, y, dy, gradients = [] }) => {
    await start(engine);
    await registry.ready();
    const operator: Operator = registry.make('operator', name as 'cond-conv', options as never);
    const [given, ...weights] = values.map(tensor) as [tf.Tensor, ...tf.Tensor[]];
    const x = tfl.input({ shape: given.shape.slice(1) });
    const model = tfl.model({ inputs: x, outputs: operator.apply(x, { name: 'conv1', ...args }) });
    model.setWeights(weights);
    const found = await fromTensor(model.predict(given) as tf.Tensor);
    expect(found.shape).toEqual(y.shape);
    expect(relativeError(found.data, y.data)).toBeLessThan(2e-6);
    if (!dy) return;
    const sources = [given, ...model.trainableWeights.map((weight) => weight.read())];
    const product = () => tf.sum(tf.mul(model.apply(given) as tf.Tensor, tensor(dy))) as tf.Scalar;
    const { grads } = tf.engine().gradients(product, sources, undefined, true);
    expect(grads).toHaveLength(gradients.length);
    for (const [i, gradient] of grads.entries())
      expect(relativeError((await fromTensor(gradient)).data, gradients[i]!.data)).toBeLessThan(5e-6);
  });
});
