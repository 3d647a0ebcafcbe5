/** The seam's other kernels, against the float64 loops, or against tfjs's backend `cpu` where there are none. */
import {
  adamRate,
  batchNormTraining,
  maxPoolGrad,
  reluGrad,
  sgdRate,
  softmaxCrossEntropy,
  squaredNorm,
  updateAdam,
  updateSgd,
} from '@neusim/core';
import {
  batchNormForward,
  batchNormGradients,
  checkReport,
  checkRow,
  crossEntropyGradients,
  maxPoolGradient,
  type NdArray,
  ndArray,
  randomNormal,
  relativeError,
  tolerance,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Check } from './checks';

type Compute = (...xs: tf.Tensor[]) => tf.Tensor[];

/** Sizes that fill no workgroup, and some that take several. */
const maps = [
  [2, 5, 4, 3],
  [3, 7, 5, 13],
  [4, 16, 16, 32],
  [8, 32, 32, 32],
];

export function kernelChecks(quick: boolean): readonly Check[] {
  return (quick ? maps.slice(0, 2) : maps).flatMap((shape) => {
    const channels = [shape[3] as number];
    const [x, dy, third] = [1, 2, 3].map((seed) => rounded(randomNormal(shape, seed))) as Three;
    const [gamma, beta] = [4, 5].map((seed) => rounded(randomNormal(channels, seed))) as [NdArray, NdArray];
    const positive = ndArray(
      shape,
      third.data.map((value) => Math.fround(value ** 2)),
    );
    const of = shape.join('×');
    return [
      exact(
        `batch norm, ${of}`,
        [x, gamma, beta],
        (x, gamma, beta) => {
          const found = batchNormTraining(x as tf.Tensor, gamma as tf.Tensor1D, beta as tf.Tensor1D);
          return [found.y, found.mean, found.variance];
        },
        () => {
          const { y, mean, variance } = batchNormForward(x, gamma, beta, 1e-3);
          return [y, mean, variance];
        },
      ),
      exact(
        `batch norm gradient, ${of}`,
        [x, gamma, beta, dy],
        (x, gamma, beta, dy) =>
          tf.grads((x, gamma, beta) => batchNormTraining(x, gamma as tf.Tensor1D, beta as tf.Tensor1D).y)(
            [x, gamma, beta] as tf.Tensor[],
            dy as tf.Tensor,
          ),
        () => {
          const { dx, dgamma, dbeta } = batchNormGradients(x, gamma, 1e-3, dy);
          return [dx, dgamma, dbeta];
        },
      ),
      exact(
        `max pool gradient, ${of}`,
        [x, pooled(dy)],
        (x, dy) => [
          maxPoolGrad(dy as tf.Tensor4D, x as tf.Tensor4D, { filterSize: 2, strides: 2, pad: 'valid' }),
        ],
        () => [maxPoolGradient(x, pooled(dy), { window: [2, 2], strides: [2, 2], pad: 'valid' })],
      ),
      sameAsCpu(`relu and its gradient, ${of}`, [x, dy], (x, dy) => [
        tf.relu(x as tf.Tensor),
        reluGrad(dy as tf.Tensor, x as tf.Tensor),
      ]),
      sameAsCpu(`squared norm, ${of}`, [x], (x) => [squaredNorm(x as tf.Tensor)]),
      sameAsCpu(`SGD, ${of}`, [x, dy, third], (p, g, v) => {
        const rule = { rateScale: 0.5, momentum: 0.9, nesterov: true, l2: 5e-4 };
        const next = updateSgd(
          p as tf.Tensor,
          g as tf.Tensor,
          v as tf.Tensor,
          tf.tensor1d(sgdRate(0.1)),
          rule,
        );
        return [next.param, next.velocity];
      }),
      sameAsCpu(`Adam, ${of}`, [x, dy, third, positive], (p, g, first, second) => {
        const rule = { rateScale: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, l2: 5e-4 };
        const rates = tf.tensor1d(adamRate(0.01, 3, rule));
        const next = updateAdam(
          p as tf.Tensor,
          g as tf.Tensor,
          first as tf.Tensor,
          second as tf.Tensor,
          rates,
          rule,
        );
        return [next.param, next.first, next.second];
      }),
      sameAsCpu(`matrix products, ${of}`, [x, dy], (x, dy) => {
        const [a, b] = [x, dy].map((each) => tf.reshape(each as tf.Tensor, [-1, channels[0] as number]));
        return [tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, true, false)];
      }),
      crossEntropy(of, x),
    ];
  });
}

type Three = [NdArray, NdArray, NdArray];

const rounded = ({ shape, data }: NdArray) => ndArray(shape, data.map(Math.fround));

/** The part of dy that a 2×2 pool of x gives. */
function pooled({ shape, data }: NdArray): NdArray {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  const small = [batch, height >> 1, width >> 1, channels];
  return ndArray(small, data.slice(0, tf.util.sizeFromShape(small)));
}

function crossEntropy(of: string, { data, shape }: NdArray): Check {
  const classes = shape[3] as number;
  const logits = ndArray([data.length / classes, classes], data);
  const labels = ndArray(
    logits.shape,
    data.map((_, i) => (i % classes === Math.floor(i / classes) % classes ? 1 : 0)),
  );
  return exact(
    `cross-entropy gradient, ${of}`,
    [labels, logits],
    (labels, logits) => [
      tf.grad((z) => softmaxCrossEntropy(labels as tf.Tensor2D, z as tf.Tensor2D))(logits as tf.Tensor),
    ],
    () => [crossEntropyGradients(labels, logits).dlogits],
  );
}

/** Against arrays. */
export function exact(
  name: string,
  inputs: readonly NdArray[],
  compute: Compute,
  expected: () => readonly NdArray[],
): Check {
  return {
    name: `kernel: ${name}`,
    run: async () =>
      compare(
        name,
        await valuesOf(inputs, compute),
        expected().map(({ data }) => data),
      ),
  };
}

/** Against tfjs's backend `cpu`, on which the seam composes. */
function sameAsCpu(name: string, inputs: readonly NdArray[], compute: Compute): Check {
  return {
    name: `kernel: ${name}`,
    async run() {
      const backend = tf.getBackend();
      const actual = await valuesOf(inputs, compute);
      await tf.setBackend('cpu');
      const expected = await valuesOf(inputs, compute).finally(() => tf.setBackend(backend));
      compare(name, actual, expected);
    },
  };
}

async function valuesOf(inputs: readonly NdArray[], compute: Compute): Promise<ArrayLike<number>[]> {
  const tensors = inputs.map((input) => toTensor(input));
  const outputs = tf.tidy(() => compute(...tensors));
  const values = await Promise.all(outputs.map((output) => output.data()));
  tf.dispose([...tensors, ...outputs]);
  return values;
}

function compare(
  name: string,
  actual: readonly ArrayLike<number>[],
  expected: readonly ArrayLike<number>[],
): void {
  const { gradient } = tolerance('webgpu');
  checkReport(
    name,
    expected.map((values, i) =>
      checkRow(`result ${i + 1}`, relativeError(actual[i] as ArrayLike<number>, values), gradient),
    ),
  );
}
