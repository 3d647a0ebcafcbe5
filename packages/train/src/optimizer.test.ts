// Against the formulas, in float64, for some steps.
import core, { startBackend, type WeightInfo } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { type LayerVariable, layers } from '@tensorflow/tfjs-layers';
import { beforeAll, expect, test } from 'vitest';
import { parseConfig, type TrainConfigInput } from './index';
import { createOptimizer } from './optimizer';

beforeAll(async () => void (await startBackend(createRegistry(core), 'cpu')));

const RATE = 0.1;

/** The weight after each of some updates with the gradients 1, 2, 3, … */
function run(
  optimizer: TrainConfigInput['optimizer'],
  l2: number | undefined,
  learningRateScale = 1,
): number[] {
  const layer = layers.dense({ units: 1, useBias: false, kernelInitializer: 'ones' });
  layer.build([null, 1]);
  const variable = layer.weights[0] as LayerVariable;
  const weight: WeightInfo = {
    name: 'dense/kernel',
    layer: 'dense',
    role: 'filter',
    variable,
    trainable: true,
    l2,
    orthogonality: undefined,
    learningRateScale,
  };
  const config = parseConfig({ dataset: 'd', model: 'm', steps: 1, optimizer, l2: { filter: 0.5 } });
  const made = createOptimizer(config, [weight]);
  const values = [1, 2, 3].map((gradient) => {
    const grads = { [variable.name]: tf.tensor2d([[gradient]]) };
    made.update(grads, RATE, gradient);
    tf.dispose(grads);
    return variable.read().dataSync()[0] as number;
  });
  made.dispose();
  variable.dispose();
  expect(tf.memory().numTensors).toBe(0);
  return values;
}

function sgd(momentum: number, nesterov: boolean, l2: number, rate: number): number[] {
  let [w, v] = [1, 0];
  return [1, 2, 3].map((gradient) => {
    const g = gradient + l2 * w;
    v = momentum * v + g;
    w -= rate * (nesterov ? g + momentum * v : v);
    return w;
  });
}

const near = (values: number[], wanted: number[]) =>
  values.forEach((value, index) => void expect(value).toBeCloseTo(wanted[index]!, 5));

test('SGD with momentum, the penalty by role', () => {
  near(run({ name: 'sgd' }, undefined), sgd(0.9, false, 0.5, RATE));
  near(run({ name: 'sgd', momentum: 0, nesterov: false }, undefined), sgd(0, false, 0.5, RATE));
  near(run({ name: 'sgd', nesterov: true }, undefined), sgd(0.9, true, 0.5, RATE));
});

test("a weight's own penalty takes the place of its role's; its own share of the rate", () => {
  near(run({ name: 'sgd' }, 0), sgd(0.9, false, 0, RATE));
  near(run({ name: 'sgd' }, 2, 0.1), sgd(0.9, false, 2, RATE * 0.1));
});

test('Adam with exact bias correction', () => {
  let [w, m, v] = [1, 0, 0];
  const wanted = [1, 2, 3].map((gradient) => {
    m = 0.9 * m + 0.1 * gradient;
    v = 0.999 * v + 0.001 * gradient ** 2;
    w -= (RATE * (m / (1 - 0.9 ** gradient))) / (Math.sqrt(v / (1 - 0.999 ** gradient)) + 1e-8);
    return w;
  });
  near(run({ name: 'adam' }, 0), wanted);
});
