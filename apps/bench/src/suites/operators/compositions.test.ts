/** What is compared in time is the same function. */
import { relativeError } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { start } from '../../../../../tools/engines';
import { registry } from '../../registry';
import { convShape, convTensors } from '../shapes';
import type { Operator, Work } from './work';

let operators: readonly Operator[] = [];
beforeAll(async () => {
  await start('cpu');
  await registry.ready();
  operators = [...(await import('./layers')).layers, ...(await import('./seam')).oneCall];
});

/** Weights off their start, where batch norm would be silent. */
function moved({ inputs }: Work): void {
  for (const [i, input] of inputs.entries())
    if (input instanceof tf.Variable)
      input.assign(tf.add(input, tf.randomNormal(input.shape, 0, 0.1, 'float32', i)));
}

test('each composition gives what the operator gives, and its gradients', () => {
  const shape = convShape(2, 5, 4, 4);
  const tensors = convTensors(shape);
  const compared = operators.flatMap(({ name, start }) => {
    const work = start(shape, tensors);
    const { run, composed, inputs } = work;
    if (!composed) return [];
    moved(work);
    expect(relativeError(run().dataSync(), composed().dataSync()), name).toBeLessThan(1e-5);
    const [own, others] = [run, composed].map((f) => tf.grads(f)([...inputs], tensors.dy));
    for (const [i, gradient] of own?.entries() ?? [])
      expect(
        relativeError(gradient.dataSync(), (others as tf.Tensor[])[i]?.dataSync() ?? []),
        `${name} ${i}`,
      ).toBeLessThan(1e-4);
    return [name];
  });
  expect(compared).toContain('predictor separable');
});
