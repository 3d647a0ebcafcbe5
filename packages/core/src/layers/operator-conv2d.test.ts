// What the layers of operators hold is what they ask for.
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import { describeWeights, OperatorConv2D } from '../index';

/** One kernel with a penalty of its own, and a state. */
class Held extends OperatorConv2D {
  static className = 'Held';

  override build(): void {
    const init = tfl.initializers.ones();
    this.add({ name: 'kernel', shape: [2, 2], init, role: 'filter', orthogonality: 0.5, l2: 0 });
    this.add({ name: 'seen', shape: [1], init, role: 'norm', trainable: false, learningRateScale: 2 });
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.add(Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs, 0);
  }
}

beforeAll(() => start('cpu'));

test('a weight of an operator is all that its description says', () => {
  const operator = { name: 'held', options: {}, apply: () => undefined as never };
  const x = tfl.input({ shape: [4, 4, 1] });
  const layer = new Held({ name: 'held', filters: 1, kernelSize: 1, operator });
  const model = tfl.model({ inputs: x, outputs: layer.apply(x) as tfl.SymbolicTensor });
  expect(describeWeights(model)).toEqual([
    expect.objectContaining({
      name: 'held/kernel',
      role: 'filter',
      trainable: true,
      l2: 0,
      orthogonality: 0.5,
    }),
    expect.objectContaining({ name: 'held/seen', role: 'norm', trainable: false, learningRateScale: 2 }),
  ]);
});
