/** Kernels that memory bounds: bytes of their inputs and outputs, each counted once, over the time. */
import {
  adamRate,
  BATCH_NORM_TRAINING_GRAD,
  batchNormTraining,
  maxPoolGrad,
  reluGrad,
  sgdRate,
  updateAdam,
  updateSgd,
} from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Findings } from '../../report';
import type { GpuEngines } from '../engines';
import { type GpuVariant, measureGpu, type Prepared, perBackend } from '../measure';
import { memoryRow } from '../rows';

/** A map of the network's first stage at batch 128, and the weights of some ten million parameters. */
const CHANNELS = 32;

export async function benchBandwidth(engines: GpuEngines): Promise<Findings> {
  const { speed, facts } = engines;
  const [batch, side] = speed.quick ? [2, 4] : speed.software ? [4, 32] : [128, 32];
  const rows: Findings['rows'][number][] = [];
  const normal = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
  const map = [batch, side, side, CHANNELS];
  const given = perBackend(() => {
    const x = normal(map, 1);
    const gamma = normal([CHANNELS], 3) as tf.Tensor1D;
    return {
      x,
      dy: normal(map, 2),
      third: normal(map, 4),
      gamma,
      rate: tf.tensor1d(sgdRate(1e-3)),
      rates: tf.tensor1d(adamRate(1e-3, 2, { beta1: 0.9, beta2: 0.999 })),
      beta: normal([CHANNELS], 5) as tf.Tensor1D,
      small: normal([batch, side / 2, side / 2, CHANNELS], 6) as tf.Tensor4D,
    };
  });
  type Given = ReturnType<typeof given.current>;
  const rule = { rateScale: 1, l2: 5e-4 };
  /** Each with the maps that it reads and writes. */
  const kernels: Readonly<Record<string, readonly [maps: number, run: (g: Given) => tf.TensorContainer]>> = {
    'x + 1': [2, ({ x }) => tf.add(x, 1)],
    relu: [2, ({ x }) => tf.relu(x)],
    'relu gradient': [3, ({ x, dy }) => reluGrad(dy, x)],
    'batch norm forward': [2, ({ x, gamma, beta }) => batchNorm(x, gamma, beta)],
    'batch norm gradient': [3, (g) => batchNormGrad(g)],
    'max pool gradient': [
      2.25,
      ({ x, small }) =>
        maxPoolGrad(small, x as tf.Tensor4D, { filterSize: 2, strides: 2, pad: 'valid' } as never),
    ],
    'SGD update': [
      5,
      ({ x, dy, third, rate }) => ({
        ...updateSgd(x, dy, third, rate, { ...rule, momentum: 0.9, nesterov: false }),
      }),
    ],
    'Adam update': [
      7,
      ({ x, dy, third, rates }) => ({
        ...updateAdam(x, dy, third, third, rates, { ...rule, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 }),
      }),
    ],
  };
  const bytes = 4 * tf.util.sizeFromShape(map);
  for (const [name, [maps, compute]] of Object.entries(kernels)) {
    const on = (engine: 'neusim' | 'stock'): GpuVariant => ({
      engine,
      prepare: (): Prepared => {
        const g = given.current();
        return { reads: [], run: () => tf.dispose(tf.tidy(() => compute(g))) };
      },
    });
    const rounds = speed.quick ? 2 : 7;
    const { stock, neusim } = await measureGpu(engines, { stock: on('stock'), neusim: on('neusim') }, rounds);
    const rowOf = (sample: typeof stock) =>
      memoryRow(facts, `${name}, ${maps} maps of ${map.join('×')}`, sample, maps * bytes);
    rows.push(rowOf(stock), rowOf(neusim));
  }
  given.each(tf.dispose);
  return { rows, ratios: {} };
}

function batchNorm(x: tf.Tensor, gamma: tf.Tensor1D, beta: tf.Tensor1D): tf.TensorContainer {
  return { ...batchNormTraining(x, gamma, beta) };
}

/** By the kernel's name: on a tape the forward pass would be timed too. */
function batchNormGrad({
  x,
  dy,
  gamma,
  beta,
}: Record<'x' | 'dy', tf.Tensor> & Record<'gamma' | 'beta', tf.Tensor1D>) {
  const inputs = { x, dy, gamma, mean: beta, variance: tf.square(gamma) };
  return tf.engine().runKernel(BATCH_NORM_TRAINING_GRAD, inputs, { epsilon: 1e-3 }) as tf.Tensor[];
}
