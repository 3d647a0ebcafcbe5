import {
  BatchNorm,
  describeWeights,
  neuralSimilarity,
  softmaxCrossEntropy,
  variableGradients,
} from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { createRegistry } from '@neusim/registry';
import { relativeError } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import {
  initializers,
  input,
  type LayersModel,
  layers,
  model,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../../tools/engines';
import { parts, tinyBackbone } from '../test/tiny';
import { descend, innerGradients, unrecorded, withWeights } from './functional';

const init = (seed: number) => initializers.randomNormal({ mean: 0, stddev: 0.5, seed });
const registry = createRegistry(...parts);

const networks: Readonly<Record<string, (x: SymbolicTensor) => SymbolicTensor>> = {
  stock: (x) => {
    let y = layers.conv2d({ filters: 2, kernelSize: 3, kernelInitializer: init(1) }).apply(x);
    y = layers.batchNormalization().apply(y);
    y = layers.activation({ activation: 'relu' }).apply(y);
    y = layers.maxPooling2d({ poolSize: 2 }).apply(y);
    y = layers.flatten().apply(y);
    y = layers.dense({ units: 4, activation: 'relu', kernelInitializer: init(2) }).apply(y);
    return layers.dense({ units: 3, kernelInitializer: init(3) }).apply(y) as SymbolicTensor;
  },
  ours: (x) => {
    const similarity = registry.make('similarity', 'static-uns');
    let y: unknown = neuralSimilarity(x, {
      filters: 2,
      kernelSize: 3,
      kernelInitializer: init(1),
      similarity,
    });
    y = new BatchNorm().apply(y as SymbolicTensor);
    y = layers.activation({ activation: 'relu' }).apply(y as SymbolicTensor);
    y = layers.maxPooling2d({ poolSize: 2 }).apply(y as SymbolicTensor);
    y = layers.flatten().apply(y as SymbolicTensor);
    return layers
      .dense({ units: 3, kernelInitializer: init(3) })
      .apply(y as SymbolicTensor) as SymbolicTensor;
  },
};

function network(name: string): LayersModel {
  const x = input({ shape: [6, 6, 1] });
  return model({ inputs: x, outputs: networks[name]!(x) });
}

const images = () => tf.randomNormal([6, 6, 6, 1], 0, 1, 'float32', 5);
const targets = () => tf.tidy(() => tf.cast(tf.oneHot([0, 1, 2, 0, 1, 2], 3), 'float32') as tf.Tensor2D);

/** The loss of a network in training as a function of its trainable weights. */
function lossOf(net: LayersModel, x: tf.Tensor, y: tf.Tensor2D) {
  const variables = describeWeights(net).flatMap((w) => (w.trainable ? [w.variable] : []));
  const loss = (tensors: readonly tf.Tensor[]) => {
    const replacements = new Map(variables.map((variable, i) => [variable, tensors[i]!]));
    return softmaxCrossEntropy(
      y,
      withWeights(net, replacements, () => net.apply(x, { training: true })) as tf.Tensor2D,
    );
  };
  return { variables, loss, weights: () => variables.map((variable) => variable.read() as tf.Tensor) };
}

onEachEngine('other weights', (engine) => {
  // Ours has its test on WebGPU through whole methods.
  test.each(engine === 'webgpu' ? ['stock'] : Object.keys(networks))(
    '%s layers: second order, and no statistics written',
    async (name) => {
      const before = tf.memory().numTensors;
      const net = network(name);
      const [x, y] = [images(), targets()];
      const { loss, weights } = lossOf(net, x, y);
      const states = () => Promise.all(describeWeights(net).map((w) => w.variable.read().data()));
      const start = await states();
      const directions = weights().map((w, i) => tf.randomNormal(w.shape, 0, 1, 'float32', 40 + i));
      const gradients = (at: readonly tf.Tensor[]) => innerGradients(loss, at, 2) as tf.Tensor[];
      const along = (at: readonly tf.Tensor[]) =>
        tf.addN(gradients(at).map((g, i) => tf.sum(tf.mul(g, directions[i]!)))) as tf.Scalar;
      const second = tf.tidy(() => innerGradients(along, weights(), 2) as tf.Tensor[]);
      // The Hessian is symmetric: what it does to a direction is the slope of the gradient along it.
      const step = 3e-4;
      const expected = tf.tidy(() => {
        const moved = (by: number) =>
          gradients(weights().map((w, i) => tf.add(w, tf.mul(directions[i]!, by))));
        const below = moved(-step);
        return moved(step).map((above, i) => tf.div(tf.sub(above, below[i]!), 2 * step));
      });
      const flat = async (tensors: tf.Tensor[]) =>
        Float32Array.from((await Promise.all(tensors.map((t) => t.data()))).flatMap((values) => [...values]));
      expect(relativeError(await flat(second), await flat(expected))).toBeLessThan(1e-2);
      expect(await states()).toEqual(start);
      tf.dispose([x, y, directions, second, expected]);
      disposeModel(net);
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});

describe('withWeights', () => {
  beforeAll(() => start('wasm'));

  test('layers read what replaces their weights; nested calls, and what is thrown', async () => {
    const net = tinyBackbone();
    const all = describeWeights(net);
    const kernel = all.find(({ name }) => name.endsWith('kernel'))!.variable;
    const [zero, one] = [tf.zeros(kernel.shape as number[]), tf.ones(kernel.shape as number[])];
    const own = kernel.read();
    const seen: tf.Tensor[] = [];
    withWeights(net, new Map([[kernel, zero]]), () => {
      seen.push(kernel.read());
      withWeights(net, new Map([[kernel, one]]), () => seen.push(kernel.read()));
      seen.push(kernel.read());
      expect(() =>
        withWeights(net, new Map([[kernel, one]]), () => {
          throw new RangeError('within');
        }),
      ).toThrow(RangeError);
      seen.push(kernel.read());
    });
    expect(seen).toEqual([zero, one, zero, zero]);
    expect(kernel.read()).toBe(own);
    expect(Object.keys(kernel)).not.toContain('read');
    kernel.write(one);
    expect(await kernel.read().data()).toEqual(await one.data());
    tf.dispose([zero, one]);
    disposeModel(net);
  });

  test('running statistics are written where it is asked for, and once', async () => {
    const net = tinyBackbone();
    const running = describeWeights(net).filter(({ name }) => /moving_mean|seen/.test(name));
    const values = () => Promise.all(running.map((w) => w.variable.read().data()));
    const x = tf.randomUniform([4, 12, 12, 1], 0, 1, 'float32', 3);
    const run = (writes?: boolean) =>
      tf.dispose(
        withWeights(net, new Map(), () => net.apply(x, { training: true }) as tf.Tensor, {
          ...(writes ? { writes } : {}),
        }),
      );
    const fresh = await values();
    run();
    expect(await values()).toEqual(fresh);
    run(true);
    const once = await values();
    expect(once).not.toEqual(fresh);
    run();
    expect(await values()).toEqual(once);
    // Outside, as ever.
    tf.dispose(net.apply(x, { training: true }) as tf.Tensor);
    expect(await values()).not.toEqual(once);
    tf.dispose(x);
    disposeModel(net);
  });
});

describe('a step within a gradient', () => {
  beforeAll(() => start('cpu'));

  // L(w) = w³/3, one step of rate r: w' = w − r·w², and dL(w')/dw = w'²·(1 − 2·r·w), of which the first order keeps w'².
  const [w, r] = [1.5, 0.1];
  const after = w - r * w * w;
  const cube = ([t]: readonly tf.Tensor[]) => tf.div(tf.mul(tf.square(t!), t!), 3) as tf.Scalar;

  test.each([
    [2, after ** 2 * (1 - 2 * r * w)],
    [1, after ** 2],
  ] as const)(
    'order %i, within variableGradients, by the weight and by the rate',
    async (order, expected) => {
      const before = tf.memory().numTensors;
      const [weight, rate] = tf.tidy(() => [tf.variable(tf.scalar(w)), tf.variable(tf.scalar(r))] as const);
      const { value, grads } = variableGradients(
        () => cube(descend(cube, [weight], [rate], order)),
        [weight, rate],
      );
      expect((await value.data())[0]).toBeCloseTo(after ** 3 / 3, 5);
      expect((await grads[weight.name]!.data())[0]).toBeCloseTo(expected, 5);
      expect((await grads[rate.name]!.data())[0]).toBeCloseTo(-(after ** 2) * w * w, 5);
      tf.dispose([value, weight, rate, ...Object.values(grads)]);
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  test('the first order records nothing', () => {
    const x = tf.scalar(1.5);
    const recorded = (order: 1 | 2) => {
      let nodes = 0;
      tf.dispose(
        tf.grad((t) => {
          const tape = () => (tf.engine().state.activeTape as unknown as unknown[]).length;
          const before = tape();
          innerGradients(cube, [t], order);
          nodes = tape() - before;
          return tf.square(t);
        })(x),
      );
      return nodes;
    };
    expect(recorded(1)).toBe(0);
    expect(recorded(2)).toBeGreaterThan(0);
    x.dispose();
  });

  test('a tensor that the loss does not read stays; none at all is no step', async () => {
    const [a, b] = [tf.scalar(1.5), tf.scalar(7)];
    const [moved, same] = tf.tidy(() => descend(cube, [a, b], [r, r], 2));
    expect((await moved!.data())[0]).toBeCloseTo(after, 6);
    expect((await same!.data())[0]).toBe(7);
    expect(same).not.toBe(b);
    expect(descend(cube, [], [], 1)).toEqual([]);
    expect(() => unrecorded(() => expect.fail('thrown'))).toThrow('thrown');
    tf.dispose([a, b, moved!, same!]);
  });
});
