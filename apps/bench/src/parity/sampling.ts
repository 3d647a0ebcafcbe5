/** Convolution at offsets and all its gradients against the float64 loops, with maps that take several workgroups. */
import { similarityConv2d } from '@neusim/core';
import {
  type SampledCase,
  sampledArguments,
  sampledCases,
  sampledConvolutionForward,
  sampledConvolutionGradients,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { type Check, everyNth } from './checks';
import { exact } from './kernels';

const options = { strides: [1, 1], pad: 'same', dilations: [1, 1] } as const;
const places: readonly Pick<SampledCase, 'x' | 'w' | 'm' | 'offsets'>[] = [
  { x: [2, 16, 16, 64], w: [3, 3, 64, 32], m: [2, 16, 16, 9], offsets: [2, 16, 16, 18] },
  { x: [3, 17, 19, 24], w: [3, 3, 24, 40], m: null, offsets: [3, 17, 19, 18] },
  { x: [40, 6, 6, 416], w: [2, 2, 416, 8], m: null, offsets: [1, 6, 6, 8] },
];
const large = places.map(
  (each): SampledCase => ({
    ...each,
    name: `x ${each.x.join('x')}, w ${each.w.join('x')}, m ${each.m?.join('x') ?? 'null'}`,
    places: 'near',
    options,
  }),
);

export function samplingChecks(quick: boolean): readonly Check[] {
  const cases = quick ? everyNth(sampledCases, 5) : [...sampledCases, ...large];
  return cases.filter(({ x }) => x[0] > 0).map(checkOf);
}

function checkOf(each: SampledCase): Check {
  const args = sampledArguments(each);
  const { x, w, offsets, m, dy } = args;
  const run = (...[x, w, offsets, m]: tf.Tensor[]) =>
    similarityConv2d(x as tf.Tensor4D, w as tf.Tensor4D, m ?? null, {
      ...each.options,
      offsets: offsets as tf.Tensor4D,
    });
  return exact(
    `at offsets, ${each.name}`,
    [dy, x, w, offsets, ...(m ? [m] : [])],
    (dy, ...given) => [run(...given), ...tf.grads(run)(given, dy)],
    () => {
      const { dx, dw, doffsets, dm } = sampledConvolutionGradients(args, each.options);
      return [sampledConvolutionForward(args, each.options), dx, dw, doffsets, ...(dm ? [dm] : [])];
    },
  );
}
