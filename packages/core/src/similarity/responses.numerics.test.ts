// No response gives, or passes back, what is no number: of nothing, of equal and opposite vectors, of the very small and
// the very large.
import { createRegistry } from '@neusim/registry';
import { fromTensor, type NdArray, ndArray, randomNormal, relativeError, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { onEachEngine } from '../../../../tools/engines';
import core, { NeuralSimilarityConv2D, type Similarity } from '../index';

const registry = createRegistry(core);
beforeAll(() => registry.ready());

const X = randomNormal([2, 3, 3, 2], 1);
const W = randomNormal([3, 3, 2, 3], 2);
const times = ({ shape, data }: NdArray, factor: number) =>
  ndArray(
    shape,
    data.map((value) => value * factor),
  );
const zeros = ({ shape }: NdArray) => ndArray(shape);

/** Patches of which the first is the first filter, or its opposite. */
const along = (sign: number) => {
  const x = zeros(X);
  for (let i = 0; i < 18; i++) x.data[i] = sign * W.data[3 * i]!;
  return x;
};
/** One value that is huge among zeros. */
const spike = () => {
  const x = zeros(X);
  x.data[9] = 1e20;
  return x;
};

const inputs: [string, NdArray, NdArray][] = [
  ['zero patches', zeros(X), W],
  ['zero kernels', X, zeros(W)],
  ['zero patches and kernels', zeros(X), zeros(W)],
  ['equal vectors', along(1), W],
  ['opposite vectors', along(-1), W],
  ['equal vectors a thousand times as long', times(along(1), 1e3), times(W, 1e3)],
  ['inputs of 1e-20', times(X, 1e-20), W],
  ['inputs of 1e+20', times(X, 1e20), W],
  ['one input of 1e+20', spike(), W],
  ['kernels of 1e-20', X, times(W, 1e-20)],
  ['kernels of 1e+10', X, times(W, 1e10)],
  ['kernels of 1e+20', X, times(W, 1e20)],
];
/** Times ‖w‖ the slopes within are products of two norms. */
const allowed = (what: string, options: { weighted?: string }) =>
  options.weighted !== 'linear' || what !== 'kernels of 1e+20';

const parts: [string, { weighted?: string }][] = [
  ...(['cosine', 'linear', 'sigmoid', 'learned-sigmoid', 'square-cosine'] as const).map(
    (angle): [string, object] => ['hyperspherical', { angle }],
  ),
  ...(['sphere', 'ball', 'tanh', 'seg', 'log', 'mix', 'linear'] as const).map(
    (magnitude): [string, object] => ['decoupled', { magnitude, angle: 'linear' }],
  ),
  ['decoupled', { magnitude: 'linear' }],
  ['decoupled', { magnitude: 'ball', radius: 1e-3, weighted: 'linear' }],
  ['decoupled', { magnitude: 'tanh', radius: 1e3, weighted: 'tanh', angle: 'sigmoid', k: 0.05 }],
];

/** Output, and its gradients by x, the kernel and what else is learned. */
async function run(similarity: Similarity, x: NdArray, w: NdArray, training: boolean, order: 1 | 2 = 1) {
  const layer = new NeuralSimilarityConv2D({
    filters: 3,
    kernelSize: 3,
    padding: 'same',
    useBias: false,
    similarity,
  });
  const input = toTensor(x);
  layer.apply(input);
  const [kernel, ...rest] = layer.trainableWeights;
  kernel!.write(toTensor(w));
  const variables = [input, kernel!.read(), ...rest.map((weight) => weight.read())];
  const y = layer.apply(input, { training }) as tf.Tensor;
  const dy = toTensor(randomNormal(y.shape, 3));
  const first = () => {
    const loss = () => tf.sum(tf.mul(layer.apply(input, { training }) as tf.Tensor, dy));
    return tf.engine().gradients(loss, variables, undefined, true).grads;
  };
  const second = () => {
    const loss = () => tf.addN(first().map((grad, i) => tf.sum(tf.mul(grad, randomLike(variables[i]!, i)))));
    return tf.engine().gradients(loss, variables, undefined, true).grads;
  };
  const grads = tf.tidy(order === 1 ? first : second);
  return Promise.all([y, ...grads].map(fromTensor));
}

const randomLike = (tensor: tf.Tensor, seed: number) => toTensor(randomNormal(tensor.shape, 10 + seed));
const lost = (arrays: readonly NdArray[]) =>
  arrays.map(({ data }) => data.filter((value) => !Number.isFinite(value)).length);

onEachEngine('numbers stay numbers', (engine) => {
  test.each(parts)('%s %j', async (name, options) => {
    const similarity = registry.make('similarity', name as 'decoupled', options as never) as Similarity;
    for (const [what, x, w] of inputs.filter(([what]) => allowed(what, options)))
      for (const training of engine === 'webgpu' ? [true] : [true, false]) {
        const results = await run(similarity, x, w, training);
        expect([what, training, ...lost(results)]).toEqual([what, training, ...results.map(() => 0)]);
      }
  });

  test.each(parts)('%s %j, second order', async (name, options) => {
    const similarity = registry.make('similarity', name as 'decoupled', options as never) as Similarity;
    for (const [what, x, w] of inputs.slice(0, engine === 'webgpu' ? 1 : 6)) {
      const results = await run(similarity, x, w, true, 2);
      expect([what, ...lost(results)]).toEqual([what, ...results.map(() => 0)]);
    }
  });
});

onEachEngine('an angle', () => {
  test('is that of the directions, however long the vectors; so are its slopes', async () => {
    const similarity = registry.make('similarity', 'hyperspherical', { angle: 'linear' }) as Similarity;
    const [near, far, farthest] = (await Promise.all(
      [1e3, 1e16, 1e20].map((factor) => run(similarity, times(X, factor), W, false)),
    )) as NdArray[][];
    expect(relativeError(farthest![0]!.data, near![0]!.data)).toBeLessThan(1e-5);
    expect(relativeError(far![0]!.data, near![0]!.data)).toBeLessThan(1e-5);
    expect(relativeError(times(far![1]!, 1e13).data, near![1]!.data)).toBeLessThan(1e-5);
    expect(relativeError(far![2]!.data, near![2]!.data)).toBeLessThan(1e-5);
  });
});
